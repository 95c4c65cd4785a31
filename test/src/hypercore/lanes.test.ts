import t from 'tap'
import { FairQueue } from '../../../src/hypercore/lanes/fair-queue.ts'
import { Lane, LaneFull, type Slot } from '../../../src/hypercore/lanes/lane.ts'
import { laneOf } from '../../../src/hypercore/lanes/lanes.ts'

t.test('one of each token in turn', async (t) => {
  const queue = new FairQueue<string>()
  for (const item of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) queue.add(item.charAt(0), item)
  t.equal(queue.size, 6)
  const taken = Array.from({ length: 7 }, () => queue.take(() => true))
  t.same(taken, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', undefined])
  t.equal(queue.size, 0)
})

t.test('who does not fit keeps their turn', async (t) => {
  const queue = new FairQueue<string>()
  for (const item of ['a1', 'a2', 'b1']) queue.add(item.charAt(0), item)
  queue.remove('a', 'none')
  t.equal(
    queue.take((item) => item !== 'a1'),
    'a2'
  )
  t.equal(
    queue.take((item) => item !== 'a1'),
    'b1'
  )
  t.equal(
    queue.take(() => true),
    'a1'
  )
})

interface Ask {
  token?: string
  continues?: boolean
  nodes?: string[][]
  waitMs?: number
  signal?: AbortSignal
}

/** Two slots at each node, of which the first stays with the first node. */
function setUp(slotsAt = (_node: string) => 2) {
  const lane = new Lane<string>({ slotsAt, together: 1, maxWaiting: 3 })
  const enter = (ask: Ask = {}): Promise<Slot<string>> =>
    lane.enter({
      token: 'a',
      continues: false,
      nodes: () => ask.nodes ?? [['1', '2']],
      waitMs: 60_000,
      ...ask,
      ...(ask.nodes === undefined ? {} : { nodes: () => ask.nodes ?? [] })
    } as Parameters<Lane<string>['enter']>[0])
  return { lane, enter }
}

t.test('the preferred node first, then the one with fewest', async (t) => {
  const { lane, enter } = setUp()
  const slots = [await enter(), await enter(), await enter(), await enter()]
  t.same(
    slots.map(({ node }) => node),
    ['1', '2', '1', '2']
  )
  t.equal(lane.underWay(), 4)
  const late = enter()
  t.equal(lane.waiting, 1)
  slots[3]?.leave()
  slots[3]?.leave()
  t.equal((await late).node, '2', 'the first slot that comes free')
  t.equal(lane.underWay('2'), 2, 'and a slot is left once')
})

t.test('a later group only where the ones before it are full', async (t) => {
  const { enter } = setUp()
  const nodes = [['1'], [], ['slow']]
  const slots = [await enter({ nodes }), await enter({ nodes }), await enter({ nodes })]
  t.same(
    slots.map(({ node }) => node),
    ['1', '1', 'slow']
  )
})

t.test('a call that continues comes before one that begins', async (t) => {
  const { enter } = setUp()
  const nodes = [['1']]
  const held = [await enter({ nodes }), await enter({ nodes })]
  const order: string[] = []
  const waiting = [
    enter({ nodes }).then(() => order.push('begins')),
    enter({ nodes, continues: true }).then(() => order.push('goes on'))
  ]
  for (const slot of held) slot.leave()
  await Promise.all(waiting)
  t.same(order, ['goes on', 'begins'])
})

t.test('a full lane says so, at once where too many wait', async (t) => {
  const { lane, enter } = setUp()
  const nodes = [['1']]
  await enter({ nodes })
  await enter({ nodes })
  await t.rejects(enter({ nodes, waitMs: 10 }), LaneFull)
  t.equal(lane.waiting, 0)
  const leaver = new AbortController()
  const waiting = [1, 2, 3].map(() => enter({ nodes, signal: leaver.signal }))
  await t.rejects(enter({ nodes }), new LaneFull(0))
  leaver.abort()
  for (const each of waiting) await t.rejects(each, { code: 'CALLER_GONE' })
  await t.rejects(enter({ nodes, signal: leaver.signal }), { code: 'CALLER_GONE' })
  t.equal(lane.waiting, 0)
  t.equal(lane.underWay(), 2)
})

t.test('who waits is let in when a node may take more', async (t) => {
  let slots = 0
  const { lane, enter } = setUp(() => slots)
  const waiting = enter()
  slots = 1
  lane.pump()
  t.equal((await waiting).node, '1')
})

t.test('each request has its lane', async (t) => {
  const vm = '/VirDomain/7c4f2e6a-0000-4000-8000-000000000000'
  const rows = [
    ['read', { method: 'GET', path: '/VirDomain' }],
    ['read', { method: 'GET', path: '/TaskTag' }],
    ['read', { method: 'GET', path: '/VirDomain', timeoutMs: 180_000 }],
    ['poll', { method: 'GET', path: '/TaskTag/7' }],
    ['write', { method: 'POST', path: '/VirDomain/action' }],
    ['write', { method: 'DELETE', path: vm, timeoutMs: 30_000 }],
    ['transfer', { method: 'POST', path: `${vm}/export`, timeoutMs: 180_000 }],
    ['transfer', { method: 'PUT', path: '/ISO/1/data', stream: { bytes: 1 } }]
  ] as const
  for (const [lane, request] of rows) t.equal(laneOf(request, 30_000), lane, request.path)
})
