import t from 'tap'
import type { RecordLists } from '../../../../src/hypercore/records/cluster-records.ts'
import { always, announcements, isAnnounced } from '../../../../src/tools/plan/announced.ts'
import { type Comparison, differences } from '../../../../src/tools/plan/compare.ts'
import { flatten } from '../../../../src/hypercore/records/flat-records.ts'

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

/** A cluster of one VM with a disk, changed as a test says. */
function cluster(vm: object = {}, more: Partial<RecordLists> = {}) {
  const lists = {
    VirDomain: [
      {
        uuid: uuid(1),
        name: 'web',
        state: 'RUNNING',
        created: 5,
        snapUUIDs: [],
        blockDevs: [{ uuid: uuid(2), type: 'VIRTIO_DISK', slot: 0, capacity: 10, allocation: 3 }],
        netDevs: [],
        ...vm
      }
    ],
    VirDomainSnapshot: [],
    VirDomainSnapshotSchedule: [],
    VirDomainReplication: [],
    ISO: [],
    VirtualDisk: [],
    Node: [],
    ...more
  } as unknown as RecordLists
  return flatten(lists)
}

const compare = (given: Partial<Comparison>): string[] =>
  differences({
    before: cluster(),
    copy: cluster(),
    predicted: cluster(),
    fact: cluster(),
    real: new Map(),
    announced: always,
    startedAnywhere: new Set(),
    ...given
  }).map(({ entity, field }) => `${entity} ${field}`.trim())

t.test('what was announced is not a difference, everything else is', async (t) => {
  t.same(compare({}), [])
  t.same(compare({ fact: cluster({ created: 9 }) }), [], 'times')
  t.same(compare({ fact: cluster({ name: 'other' }) }), ['VirDomain name'])
  t.same(compare({ fact: cluster({ later: 'field' }) }), ['VirDomain later'], 'unknown fields')
  t.same(compare({ predicted: cluster({ state: 'SHUTOFF' }) }), ['VirDomain state'])
  const grown = { uuid: uuid(2), type: 'VIRTIO_DISK', slot: 0, capacity: 20, allocation: 9 }
  t.same(compare({ fact: cluster({ blockDevs: [grown] }) }), ['VirDomainBlockDevice capacity'])
  t.same(compare({ fact: cluster({ blockDevs: [] }) }), ['VirDomainBlockDevice'], 'one is gone')
  const moved = cluster({ nodeUUID: uuid(9) })
  t.same(compare({ fact: moved }), ['VirDomain nodeUUID'])
  t.same(compare({ fact: moved, startedAnywhere: new Set([uuid(1)]) }), [], 'placement')
})

t.test('what the trial made is found again by its place or name', async (t) => {
  const disk = (id: number, owner: number, capacity: number) => ({
    uuid: uuid(id),
    virDomainUUID: uuid(owner),
    type: 'VIRTIO_DISK',
    slot: 0,
    capacity,
    path: `scribe/${uuid(id)}`
  })
  const made = (vm: number, id: number, capacity = 10) =>
    new Map([
      ...cluster(),
      ...cluster({ uuid: uuid(vm), name: 'copy', blockDevs: [disk(id, vm, capacity)] })
    ])
  const real = new Map([[uuid(101), uuid(201)]])
  t.same(compare({ predicted: made(101, 102), fact: made(201, 202), real }), [])
  t.same(compare({ predicted: made(101, 102), fact: made(201, 202) }), [], 'by its name')
  t.same(compare({ predicted: made(101, 102), fact: made(201, 202, 11), real }), [
    'VirDomainBlockDevice capacity'
  ])
  t.same(compare({ predicted: made(101, 102), real }), ['VirDomain', 'VirDomainBlockDevice'])
  t.same(compare({ fact: made(201, 202) }), ['VirDomain', 'VirDomainBlockDevice'], 'too much')
})

t.test('snapshots of schedules come and go meanwhile, those of people do not', async (t) => {
  const snapshot = (type: string) =>
    cluster(
      { snapUUIDs: [uuid(7)] },
      { VirDomainSnapshot: [{ uuid: uuid(7), domainUUID: uuid(1), type, label: 'x' }] as never }
    )
  t.same(compare({ fact: snapshot('AUTOMATED') }), [])
  t.same(compare({ fact: snapshot('USER') }).toSorted(), [
    'VirDomain snapUUIDs',
    'VirDomainSnapshot'
  ])
})

t.test('what others do to a VM tells in the snapshots after it, and in nothing else', async (t) => {
  const snapshots = (serial: number, name: string, others: object[] = []) =>
    cluster(
      {},
      {
        VirDomainSnapshot: [
          {
            uuid: uuid(8),
            domainUUID: uuid(1),
            type: 'USER',
            label: 'mine',
            domain: { name, snapshotSerialNumber: serial },
            deviceSnapshots: [{ uuid: uuid(2), serialNumber: serial }]
          },
          ...others
        ] as never
      }
    )
  const scheduled = { uuid: uuid(7), domainUUID: uuid(1), type: 'AUTOMATED', label: 'x' }
  const predicted = snapshots(1, 'web')
  t.same(compare({ predicted, fact: snapshots(1, 'web') }), [])
  t.same(compare({ predicted, fact: snapshots(2, 'web', [scheduled]) }), [])
  t.same(compare({ predicted, fact: snapshots(2, 'web') }).toSorted(), [
    'VirDomainSnapshot deviceSnapshots',
    'VirDomainSnapshot domain'
  ])
  t.same(compare({ predicted, fact: snapshots(2, 'other', [scheduled]) }), [
    'VirDomainSnapshot domain'
  ])
})

t.test('devices deleted again are recognised by the snapshots that keep them', async (t) => {
  const kept = (disk: number, capacity = 10) =>
    cluster(
      {},
      {
        VirDomainSnapshot: [
          {
            uuid: uuid(8),
            domainUUID: uuid(1),
            type: 'USER',
            domain: { blockDevs: [{ uuid: uuid(disk), capacity, path: `scribe/${uuid(disk)}` }] },
            deviceSnapshots: [{ uuid: uuid(disk), serialNumber: 1 }]
          }
        ] as never
      }
    )
  t.same(compare({ predicted: kept(101), fact: kept(201) }), [])
  t.same(compare({ predicted: kept(101), fact: kept(201, 11) }), ['VirDomainSnapshot domain'])
  const before = kept(101)
  t.same(
    compare({ before, copy: before, predicted: before, fact: kept(201) }).length > 0,
    true,
    'those of before do not change'
  )
})

t.test('the list of what is announced is stable', async (t) => {
  t.same(Object.keys(announcements), [
    'times',
    'ids',
    'guests',
    'usage',
    'placement',
    'memory',
    'meanwhile'
  ])
  t.notOk(isAnnounced('VirDomain', 'state', Object.keys(announcements) as never))
  t.notOk(isAnnounced('VirDomainBlockDevice', 'capacity', Object.keys(announcements) as never))
})
