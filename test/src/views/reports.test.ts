import t from 'tap'
import type { Node, VirDomain } from '../../../src/hypercore/records/records.ts'
import { parseDuration } from '../../../src/lib/time/duration.ts'
import { callName } from '../../../src/views/attention/finding.ts'
import { failover } from '../../../src/views/cluster/failover.ts'
import { targetOf } from '../../../src/views/protection/target.ts'
import { simulatorFor } from '../../helper/simulator.ts'

const GiB = 1024 ** 3

t.test('a duration is read as people write it, and nothing else is', async (t) => {
  const hour = 3_600_000
  for (const [text, ms] of [
    ['90m', 1.5 * hour],
    ['24h', 24 * hour],
    ['24 hours', 24 * hour],
    ['1 hr', hour],
    [' 7d ', 168 * hour],
    ['2W', 336 * hour],
    ['5 minutes', hour / 12]
  ] as const)
    t.equal(parseDuration(text), ms, text)
  for (const text of ['', '24', 'h', '-1h', '5 fortnights', '3 months', '24h ago', '1h30m'])
    t.equal(parseDuration(text), undefined, text)
})

t.test('the target of a VM is that of its tags', async (t) => {
  const usual = 86_400
  for (const [tags, seconds, misread] of [
    ['', usual, undefined],
    ['prod,web', usual, undefined],
    ['prod,rpo:4h', 4 * 3600, undefined],
    ['RPO-2d', 2 * usual, undefined],
    ['rpo_30m,rpo:4h', 1800, undefined],
    ['rpo = 1h', 3600, undefined],
    ['rpo:none', Infinity, undefined],
    ['rpo:none,rpo:1h', 3600, undefined],
    ['rpo:soon', usual, 'rpo:soon'],
    ['rpo:soon,rpo:1h', 3600, 'rpo:soon'],
    ['corpo:4h', usual, undefined]
  ] as const) {
    const target = targetOf({ tags }, usual)
    t.equal(target.seconds, seconds, tags)
    t.equal(target.misread, misread, tags)
  }
})

t.test('whether the VMs of the largest node fit on the others', async (t) => {
  const { world } = await simulatorFor(t, { vms: 0 })
  const [node] = [...world.state.nodes.values()]
  if (node === undefined) throw new Error('There is no node')
  const of = (name: string, size: number, used: number): Node => ({
    ...node,
    uuid: name,
    memSize: size * GiB,
    systemMemUsageBytes: 0,
    totalMemUsageBytes: used * GiB
  })
  const on = (uuid: string, ...sizes: number[]): VirDomain[] =>
    sizes.map(
      (size, i) =>
        ({ name: `${uuid}-${i}`, nodeUUID: uuid, state: 'RUNNING', mem: size * GiB }) as VirDomain
    )
  t.equal(failover([of('a', 64, 32)], []), undefined, 'a cluster of one node')
  t.equal(
    failover([of('a', 64, 32), { ...of('b', 64, 0), networkStatus: 'OFFLINE' }], []),
    undefined
  )
  const even = [of('a', 64, 32), of('b', 64, 48), of('c', 64, 32)]
  t.match(failover(even, on('b', 16, 16, 16)), { node: { uuid: 'b' }, misfit: undefined })
  t.match(
    failover(even, on('b', 40, 8)),
    { needed: 48 * GiB, free: 64 * GiB, misfit: { name: 'b-0' } },
    'memory enough, and too large a VM for each'
  )
  t.match(failover(even, on('b', 24, 24)), { misfit: undefined })
  t.match(failover([of('a', 128, 100), of('b', 64, 0)], on('a', 100)), {
    needed: 100 * GiB,
    free: 64 * GiB,
    misfit: undefined
  })
  t.match(failover(even, [{ ...on('b', 60)[0], state: 'SHUTOFF' } as VirDomain]), {
    misfit: undefined
  })
})

t.test('a name stands in a call only where it means one VM and can be read', async (t) => {
  const all = [{ name: 'web-01' }, { name: 'twin' }, { name: 'Twin' }, { name: '"}; x' }]
  const uuid = 'u'
  t.equal(callName({ uuid, name: 'web-01' }, all), 'web-01')
  t.equal(callName({ uuid, name: 'twin' }, all), uuid)
  t.equal(callName({ uuid, name: '"}; x' }, all), uuid)
  t.equal(callName({ uuid, name: '' }, all), uuid)
})
