import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { hostileSetup, type HostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'

const limits = { slowMs: 200, restMs: 400 }

/** Who answers each of so many reads. */
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
    first?.rules.push({ does: misdeeds.delay(350) })
    t.same(await servers(setup, 6), [0, 0, 1, 1, 1, 1], 'two slow answers are no chance')
    t.match(
      setup.log.find(({ level }) => level === 'warn'),
      { message: /takes 0\.\d s to respond, \S+ 0\.1 s: others are asked first/ }
    )
    // Long enough for a look at the slow node, which finds it no better.
    await delay(500)
    t.same(await servers(setup, 2), [1, 1])
    await delay(450)
    t.same(await servers(setup, 2), [1, 1])
    if (first !== undefined) first.rules = []
    const backAt = performance.now()
    while ((await servers(setup, 1))[0] !== 0 && performance.now() - backAt < 5000) await delay(50)
    t.same(await servers(setup, 3), [0, 0, 0])

    first?.rules.push({ does: misdeeds.delay(350) })
    t.same(await servers(setup, 3), [0, 0, 1])
    if (first !== undefined) first.rules = []
    await delay(500)
    t.same(await servers(setup, 2), [1, 1], 'so soon again: it stays behind twice as long')
    await delay(500)
    await servers(setup, 1)
    await delay(100)
    t.same(await servers(setup, 1), [0])
  }
)

t.test('one slow answer changes nothing', async (t) => {
  const setup = await hostileSetup(t, limits)
  await servers(setup, 1)
  setup.proxies.nodes[0]?.rules.push({ times: 1, does: misdeeds.delay(350) })
  t.same(await servers(setup, 2), [0, 0])
  setup.proxies.nodes[0]?.rules.push({ times: 1, does: misdeeds.delay(350) })
  t.same(await servers(setup, 3), [0, 0, 0])
})

t.test('where all are slow the order stays', async (t) => {
  const setup = await hostileSetup(t, limits)
  await servers(setup, 1)
  setup.proxies.all({ path: /^\/Node$/, does: misdeeds.delay(350) })
  t.same(await servers(setup, 6), [0, 0, 1, 0, 0, 0], 'one read finds out that no other is better')
  t.same(
    setup.log.filter(({ level }) => level === 'warn'),
    []
  )
})

t.test('writes, which may take long by nature, judge nobody', async (t) => {
  const setup = await hostileSetup(t, limits)
  await servers(setup, 1)
  setup.proxies.all({ method: 'POST', path: /^\/User$/, does: misdeeds.delay(350) })
  for (const username of ['a', 'b', 'c'])
    await setup.client.write('POST', '/User', { username, password: 'secret-of-one' })
  t.same(await servers(setup, 2), [0, 0])
})
