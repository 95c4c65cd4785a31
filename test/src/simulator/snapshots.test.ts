import t from 'tap'
import type {
  VirDomainSnapshot,
  VirDomainSnapshotSchedule
} from '../../../src/hypercore/records/records.ts'
import { intervalSeconds } from '../../../src/simulator/vms/recurrence.ts'
import { vmCluster } from '../../helper/vms.ts'

const internal = { status: 500, error: 'An internal error occurred' }

void t.test('a snapshot is CREATING, then CREATED and the newest of its VM', async (t) => {
  const { client, vm } = await vmCluster(t)
  const source = await vm('web-01')
  const body = { domainUUID: source.uuid, label: 'before upgrade' }
  const { taskTag, createdUUID } = await client.post('/VirDomainSnapshot', body)
  const path = `/VirDomainSnapshot/${createdUUID}`
  await client.until(async () => (await client.get(path)).length === 1)
  t.match(await client.one(path), { state: 'CREATING', unavailable: true })
  t.notOk((await vm('web-01')).snapUUIDs.includes(createdUUID))
  await client.task(taskTag)

  const snapshot = await client.one<VirDomainSnapshot>(path)
  const serialNumber = source.snapshotSerialNumber + 1
  const [disk] = source.blockDevs
  t.match(snapshot, {
    domainUUID: source.uuid,
    label: 'before upgrade',
    type: 'USER',
    state: 'CREATED',
    unavailable: false,
    automatedTriggerTimestamp: 0,
    localRetainUntilTimestamp: 0,
    blockCountDiffFromSerialNumber: -1,
    replication: true,
    domain: { uuid: source.uuid, name: 'web-01', state: 'RUNNING', mem: source.mem },
    deviceSnapshots: [{ uuid: disk?.uuid, serialNumber, identifier: createdUUID }]
  })
  t.equal(snapshot.deviceSnapshots.length, 1, 'the empty CD-ROM has no part in it')
  t.equal(snapshot.domain.blockDevs.length, source.blockDevs.length)
  const after = await vm('web-01')
  t.strictSame(after.snapUUIDs, [...source.snapUUIDs, createdUUID])
  t.equal(after.snapshotSerialNumber, serialNumber)
  t.ok(after.snapshotListSerialNumber > source.snapshotListSerialNumber)
  t.equal(after.snapshotAllocationBlocks, source.snapshotAllocationBlocks + snapshot.blockCountDiff)
})

void t.test('deleting: DELETING and off the list at once, removed at the end', async (t) => {
  const { client, vm, refused } = await vmCluster(t)
  const [snapUUID = ''] = (await vm('web-01')).snapUUIDs
  const path = `/VirDomainSnapshot/${snapUUID}`
  const { taskTag } = await client.delete(path)
  await client.until(async () => {
    const [snapshot] = await client.get<VirDomainSnapshot>(path)
    return snapshot?.state === 'DELETING'
  })
  t.notOk((await vm('web-01')).snapUUIDs.includes(snapUUID))
  t.strictSame(await refused('DELETE', path), internal, 'once is enough')
  await client.task(taskTag)
  t.strictSame(await client.get(path), [])
})

void t.test('what a snapshot cannot be made of', async (t) => {
  const { vm, refused } = await vmCluster(t)
  const { uuid } = await vm('web-01')
  const post = (body: object): ReturnType<typeof refused> =>
    refused('POST', '/VirDomainSnapshot', body)
  t.match(await post({ virDomainUUID: uuid }), { status: 400 })
  t.match(await post({ domainUUID: uuid, uuid }), { status: 400 })
  t.match(await post({ label: 'of nothing' }), { status: 400 })
  t.strictSame(await post({ domainUUID: 'nope' }), internal)
  t.match(await refused('PATCH', '/VirDomainSnapshot/nope', { label: 'x' }), { status: 405 })
})

void t.test('a disk without snapshots has no part in one, and is missing in a clone', async (t) => {
  const { client, vm } = await vmCluster(t)
  const { uuid, blockDevs } = await vm('sql-prod-02')
  const [first, second] = blockDevs
  await client.done(
    client.patch(`/VirDomainBlockDevice/${second?.uuid}`, { disableSnapshotting: true })
  )
  const snapUUID = await client.done(client.post('/VirDomainSnapshot', { domainUUID: uuid }))
  const snapshot = await client.one<VirDomainSnapshot>(`/VirDomainSnapshot/${snapUUID}`)
  const disks = snapshot.deviceSnapshots.map((device) => device.uuid)
  t.ok(disks.includes(first?.uuid ?? '') && !disks.includes(second?.uuid ?? ''))
  await client.done(
    client.post(`/VirDomain/${uuid}/clone`, { snapUUID, template: { name: 'copy' } })
  )
  t.equal((await vm('copy')).blockDevs.length, blockDevs.length - 1)
})

void t.test('schedules: empty tags, rules replaced in full, removed a second later', async (t) => {
  const { client, vm, refused } = await vmCluster(t)
  const rule = {
    name: 'often',
    dtstart: '2010-01-01 00:00:00',
    rrule: 'FREQ=DAILY;INTERVAL=5',
    localRetentionDurationSeconds: 300
  }
  const { taskTag, createdUUID } = await client.post('/VirDomainSnapshotSchedule', {
    name: 'mine',
    rrules: [rule, rule]
  })
  t.equal(taskTag, '')
  const path = `/VirDomainSnapshotSchedule/${createdUUID}`
  const made = await client.one<VirDomainSnapshotSchedule>(path)
  t.match(made.rrules, [{ ...rule, remoteRetentionDurationSeconds: 0, replication: true }])
  t.strictSame(await client.patch(path, { rrules: [{ ...rule, name: 'other' }] }), {
    taskTag: '',
    createdUUID: ''
  })
  const changed = await client.one<VirDomainSnapshotSchedule>(path)
  t.strictSame([changed.name, changed.rrules.map(({ name }) => name)], ['mine', ['other']])

  for (const rrule of [
    '',
    'FREQ=SOMETIMES',
    'INTERVAL=5',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;X=1'
  ]) {
    const answer = await refused('PATCH', path, { name: 'lost', rrules: [{ ...rule, rrule }] })
    t.match(answer, { status: 400, error: /recurrence rule/ }, rrule)
  }
  const late = [{ ...rule, dtstart: 'tomorrow' }]
  t.match(await refused('PATCH', path, { name: 'lost', rrules: late }), { status: 400 })
  t.match(await client.one(path), { name: 'mine' })

  const { uuid } = await vm('web-01')
  await client.done(client.patch(`/VirDomain/${uuid}`, { snapshotScheduleUUID: createdUUID }))
  t.equal((await vm('web-01')).snapshotScheduleUUID, createdUUID)
  t.equal((await client.delete(path)).taskTag, '')
  t.equal((await client.get(path)).length, 1, 'still visible')
  await client.until(async () => (await client.get(path)).length === 0)
  t.equal((await vm('web-01')).snapshotScheduleUUID, '')
})

void t.test('a schedule takes snapshots in scaled time, and ends them', async (t) => {
  const { client, vm } = await vmCluster(t)
  const rrules = [
    {
      name: 'every minute',
      dtstart: '2010-01-01 00:00:00',
      rrule: 'FREQ=MINUTELY',
      localRetentionDurationSeconds: 90
    }
  ]
  const { createdUUID } = await client.post('/VirDomainSnapshotSchedule', { name: 'fast', rrules })
  const { uuid, snapUUIDs } = await vm('app-01')
  t.strictSame(snapUUIDs, [])
  await client.done(client.patch(`/VirDomain/${uuid}`, { snapshotScheduleUUID: createdUUID }))
  let first: string | undefined
  await client.until(async () => {
    ;[first] = (await vm('app-01')).snapUUIDs
    return first !== undefined
  })
  const snapshot = await client.one<VirDomainSnapshot>(`/VirDomainSnapshot/${first}`)
  t.match(snapshot, { type: 'AUTOMATED', label: '' })
  t.ok(snapshot.automatedTriggerTimestamp > 0)
  t.equal(snapshot.localRetainUntilTimestamp, snapshot.automatedTriggerTimestamp + 90)
  await client.until(async () => (await client.get(`/VirDomainSnapshot/${first}`)).length === 0)
  t.ok((await vm('app-01')).snapUUIDs.length > 0, 'the next one is there')
})

void t.test('recurrence rules', (t) => {
  t.equal(intervalSeconds('FREQ=MINUTELY;INTERVAL=5'), 300)
  t.equal(intervalSeconds('FREQ=HOURLY'), 3600)
  t.equal(intervalSeconds('FREQ=WEEKLY;INTERVAL=1;BYDAY=SU,-1MO;'), 604800)
  t.equal(intervalSeconds('FREQ=DAILY;FREQ=DAILY'), undefined)
  t.equal(intervalSeconds('freq=daily'), undefined)
  t.end()
})
