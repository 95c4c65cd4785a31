import t from 'tap'
import { doubtOf, rememberDoubt } from '../../../src/ledger/doubtful-names.ts'
import { Ledger } from '../../../src/ledger/ledger.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'

const minute = 60_000
const name = { entity: 'vm', name: 'tmp-x' }
const deleted = { reason: 'deleted' as const, uuids: ['a'] }

t.test('a doubt is kept for ten minutes, by name, kind, VM and cluster', async (t) => {
  const store = new MemoryStore()
  const ledger = new Ledger({ store, cluster: 'one' })
  await rememberDoubt(ledger, name, deleted, 1000)
  t.match(await doubtOf(ledger, name, 1000 + 3 * minute), { doubt: deleted, agoMs: 3 * minute })
  t.equal(await doubtOf(ledger, name, 1001 + 10 * minute), undefined)
  t.equal(await doubtOf(ledger, { ...name, name: 'TMP-X' }, 1000), undefined)
  t.equal(await doubtOf(ledger, { ...name, entity: 'snapshot' }, 1000), undefined)
  t.equal(await doubtOf(ledger, { ...name, of: 'x' }, 1000), undefined)
  t.equal(await doubtOf(new Ledger({ store, cluster: 'two' }), name, 1000), undefined)
  t.ok(await doubtOf(ledger, { ...name, name: 'tmp-x\u200b'.slice(0, 5) }, 1000))
  await rememberDoubt(ledger, name, { reason: 'ambiguous', uuids: ['a', 'b'] }, 2000)
  t.match(await doubtOf(ledger, name, 2000), { doubt: { reason: 'ambiguous' }, agoMs: 0 })
})

t.test('a restart knows it', async (t) => {
  const folder = t.testdir()
  const first = new FileStore(folder)
  await rememberDoubt(new Ledger({ store: first, cluster: 'one' }), name, deleted, 1000)
  await first.close()
  const second = new FileStore(folder)
  t.match(await doubtOf(new Ledger({ store: second, cluster: 'one' }), name, 2000), { agoMs: 1000 })
  await second.close()
  const closed = new Ledger({ store: second, cluster: 'one' })
  const unavailable = { code: 'LEDGER_UNAVAILABLE', statusCode: 503 }
  await t.rejects(rememberDoubt(closed, name, deleted, 1000), unavailable)
  await t.rejects(doubtOf(closed, name, 1000), unavailable, 'what cannot be read may be there')
})

t.test('old ones are forgotten when there are many', async (t) => {
  const store = new MemoryStore()
  const ledger = new Ledger({ store, cluster: 'one' })
  for (let i = 0; i < 500; i += 1)
    await rememberDoubt(ledger, { entity: 'vm', name: `old-${i}` }, deleted, 1000)
  await rememberDoubt(ledger, name, deleted, 1000 + 11 * minute)
  t.equal((await store.all('names')).size, 1)
})
