import t from 'tap'
import { KeptNodes } from '../../../src/replicas/kept-nodes.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

const day = 24 * 60 * 60 * 1000

t.test('the nodes of a cluster are kept for 30 days, and others not told', async (t) => {
  const store = new MemoryStore()
  let now = 1_700_000_000_000
  const [one, other] = ['one', 'other'].map((cluster) => new KeptNodes(store, cluster, () => now))
  t.same(await one?.read(), [])
  await one?.keep(['https://10.0.0.2'])
  await one?.keep(['https://10.0.0.2', 'https://10.0.0.3'])
  t.same(await one?.read(), ['https://10.0.0.2', 'https://10.0.0.3'])
  t.same(await other?.read(), [])
  now += 30 * day
  t.equal((await one?.read())?.length, 2)
  now += 1
  t.same(await one?.read(), [])
})

t.test('what is not of our making is no node', async (t) => {
  const store = new MemoryStore()
  const values = [{ origins: 'https://10.0.0.2' }, { origins: [1, null, {}] }, {}]
  for (const [at, value] of values.entries()) {
    await store.putIfAbsent('nodes', `${at}`, { at: Date.now(), ...value })
    t.same(await new KeptNodes(store, `${at}`).read(), [])
  }
})
