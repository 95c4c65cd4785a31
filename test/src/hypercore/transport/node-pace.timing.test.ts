import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { clusterFor, createUser, positionOf } from '../../../helper/cluster-client.ts'
import { hostileSetup, type HostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'
import { until } from '../../../helper/simulator.ts'

const limits = { slowMs: 200, restMs: 400 }

/** Which node responds to each of the given number of reads. */
async function servers({ client, proxies }: HostileSetup, calls: number): Promise<number[]> {
  const served: number[] = []
  for (let i = 0; i < calls; i++) {
    const { node } = await client.request({ method: 'GET', path: '/Node' })
    served.push(proxies.nodes.findIndex(({ host }) => host === node))
  }
  return served
}

t.test(
  'a slow node loses its place to a faster one, and gets it back when it is quick',
  async (t) => {
    const setup = await hostileSetup(t, limits)
    t.same(await servers(setup, 3), [0, 0, 0])
    const [first] = setup.proxies.nodes
    first?.rules.push({ path: /^\/Node$/, does: misdeeds.delay(450) })
    t.same(await servers(setup, 7), [0, 0, 0, 1, 1, 1, 1], 'three slow answers are no chance')
    t.match(
      setup.log.find(({ level }) => level === 'warn'),
      { message: /takes 0\.\d s to respond to reads, \S+ 0\.1 s: others are asked first/ }
    )
    // Its ping is quick, so one read is given to it.
    await delay(450)
    await until(async () => (await servers(setup, 1))[0] === 0, 5000)
    t.same(await servers(setup, 3), [1, 1, 1], 'one slow answer is enough now')
    await delay(450)
    t.same(await servers(setup, 2), [1, 1], 'it stays behind twice as long')
    if (first !== undefined) first.rules = []
    await delay(400)
    await until(async () => (await servers(setup, 1))[0] === 0, 5000)
    t.same(await servers(setup, 3), [0, 0, 0])
  }
)

t.test('one slow answer changes nothing', async (t) => {
  const setup = await hostileSetup(t, limits)
  await servers(setup, 1)
  setup.proxies.nodes[0]?.rules.push({ times: 2, does: misdeeds.delay(350) })
  t.same(await servers(setup, 3), [0, 0, 0])
  setup.proxies.nodes[0]?.rules.push({ times: 2, does: misdeeds.delay(350) })
  t.same(await servers(setup, 3), [0, 0, 0])
})

t.test('where all are slow the order stays', async (t) => {
  const setup = await hostileSetup(t, { slowMs: 200 })
  await servers(setup, 1)
  setup.proxies.all({ path: /^\/Node$/, does: misdeeds.delay(350) })
  t.same(
    await servers(setup, 8),
    [0, 0, 0, 1, 2, 0, 0, 0],
    'one read for each finds out that no other is better'
  )
  t.same(
    setup.log.filter(({ level }) => level === 'warn'),
    []
  )
})

t.test('writes are judged apart, and sent once', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, {}, { timeouts: limits })
  await client.list('/Node')
  const users = simulator.world.state.users.size
  const quicken = simulator.faults.add({
    kind: 'slow',
    node: 0,
    method: 'POST',
    path: '/User',
    ms: 500
  })
  for (let i = 0; i < 6; i++) await createUser(client)
  t.same(calls('/User'), [0, 0, 0, 1, 1, 1])
  const [first] = client.traffic().nodes
  t.same(
    first?.kinds.flatMap(({ kind, slow }) => (slow ? kind : [])),
    ['write', 'transfer'],
    'transfers go by what is known of writes'
  )
  const { node } = await client.request({ method: 'GET', path: '/Node' })
  t.equal(node, first?.node, 'reads stay')
  quicken()
  await until(async () => {
    await client.list('/Node')
    return positionOf(client, 0, 'write') === 'half-open'
  })
  await createUser(client)
  t.equal(calls('/User').at(-1), 0)
  t.equal(positionOf(client, 0, 'write'), 'closed')
  t.equal(simulator.world.state.users.size - users, 7, 'each of them once')
})

t.test('where writes are slow at all nodes, the order stays', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, {}, { timeouts: { slowMs: 200 } })
  await client.list('/Node')
  simulator.faults.add({ kind: 'slow', method: 'POST', path: '/User', ms: 350 })
  for (let i = 0; i < 7; i++) await createUser(client)
  t.same(calls('/User'), [0, 0, 0, 1, 2, 0, 0])
})

t.test('a slow network to one node, played by a plan', async (t) => {
  const { simulator, client, hosts } = await clusterFor(t, {}, { timeouts: limits })
  await client.list('/VirDomain')
  const plan = { events: [{ at: 0, for: 4, kind: 'slow' as const, node: 0, ms: 400 }] }
  const ended = new Promise<void>((resolve) => {
    simulator.play(plan, ({ phase }) => phase === 'ends' && resolve())
  })
  const seen: (string | undefined)[] = []
  const startedAt = performance.now()
  while (performance.now() - startedAt < 3500) {
    const { node } = await client.request({ method: 'GET', path: '/VirDomain' })
    seen.push(node)
    await delay(20)
  }
  const late = seen.filter((node) => node === hosts[0]).length
  t.ok(late >= 3 && late <= 5, `${late} of ${seen.length} waited for the slow node`)
  t.ok(seen.length > 30, 'the others did not')
  await ended
  await until(async () => {
    const { node } = await client.request({ method: 'GET', path: '/VirDomain' })
    return node === hosts[0]
  })
})
