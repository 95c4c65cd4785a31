import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { FoundList } from '../../../src/hypercore/discovery/found-nodes.ts'
import { KeptNodes } from '../../../src/replicas/kept-nodes.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

const day = 24 * 60 * 60 * 1000

const list = (...used: string[]): FoundList => ({
  members: new Map([
    ['a', 'https://10.0.0.1'],
    ...used.map((origin, at): [string, string] => [`u${at}`, origin])
  ]),
  homes: new Map([['a', 'https://10.0.0.1']]),
  used
})

t.test('the nodes of a cluster are kept for 30 days, and not shared with others', async (t) => {
  const store = new MemoryStore()
  let clock = 1_700_000_000_000
  const now = (): number => clock
  const one = new KeptNodes({ store, cluster: 'one', now })
  t.equal(await one.read(), undefined)
  await one.keep(list('https://10.0.0.2'))
  await one.keep(list('https://10.0.0.2', 'https://10.0.0.3'))
  t.same(await one.read(), list('https://10.0.0.2', 'https://10.0.0.3'))
  t.equal(await new KeptNodes({ store, cluster: 'other', now }).read(), undefined)
  clock += 30 * day
  t.ok(await one.read())
  clock += 1
  t.equal(await one.read(), undefined)
})

t.test('what others have written into a shared store is not trusted', async (t) => {
  const store = new MemoryStore()
  const key = randomBytes(32)
  const own = new KeptNodes({ store, cluster: 'one', key: async () => key })
  await own.keep(list('https://10.0.0.2'))
  t.same(await own.read(), list('https://10.0.0.2'))
  const { value = {}, version = 0 } = (await store.get('nodes', 'one')) ?? {}
  t.notMatch(JSON.stringify(value), /10\.0\.0/)
  await store.putIfAbsent('nodes', 'two', value)
  const two = new KeptNodes({ store, cluster: 'two', key: async () => key })
  t.equal(await two.read(), undefined, 'that of another cluster')
  const plain = new KeptNodes({ store: new MemoryStore(), cluster: 'one' })
  await plain.keep(list('https://203.0.113.9'))
  await store.swap('nodes', 'one', version, { ...value, text: 'https://203.0.113.9' })
  t.equal(await own.read(), undefined, 'what is not sealed')
  const other = new KeptNodes({ store, cluster: 'one', key: async () => randomBytes(32) })
  await other.keep(list('https://203.0.113.9'))
  t.equal(await own.read(), undefined, 'what is sealed with another key')
})

t.test('what no bridge has written is not read as a list', async (t) => {
  const store = new MemoryStore()
  const texts = [
    1,
    '',
    '{}',
    '[]',
    '[[],[],[1]]',
    '[[["a"]],[],[]]',
    '[[["a",1]],[],[]]',
    '[[],{},[]]'
  ]
  for (const [at, text] of texts.entries()) {
    await store.putIfAbsent('nodes', `${at}`, { at: Date.now(), text })
    t.equal(await new KeptNodes({ store, cluster: `${at}` }).read(), undefined, String(text))
  }
})
