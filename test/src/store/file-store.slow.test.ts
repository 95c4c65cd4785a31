import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { FileStore } from '../../../src/store/file-store.ts'
import { storeContract } from './contract.ts'
import { versionOf } from './version-of.ts'

const silent = (): void => undefined

t.test('the contract', async (t) => {
  const folder = join(t.testdir(), 'store')
  await storeContract(t, () => new FileStore(folder))
})

t.test('only its owner may read it', async (t) => {
  const folder = join(t.testdir(), 'state', 'store')
  const store = new FileStore(folder)
  await store.append('log', { a: 1 })
  await store.close()
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  t.equal((await stat(join(folder, 'journal'))).mode & 0o777, 0o600)
})

t.test('a journal cut at any byte loses the line that was cut, and no other', async (t) => {
  const folder = join(t.testdir(), 'store')
  const store = new FileStore(folder)
  const ends: number[] = [0]
  const journal = join(folder, 'journal')
  for (let i = 1; i <= 6; i++) {
    await store.append('log', { i, text: 'ä "quoted"\n🙂' })
    ends.push((await stat(journal)).size)
  }
  await store.close()
  const whole = await readFile(journal)
  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(journal, whole.subarray(0, cut))
    const expected = ends.findLastIndex((end) => end <= cut)
    const again = new FileStore(folder)
    const found = await again.entries('log')
    if (found.length !== expected) t.equal(found.length, expected, `cut at ${cut}`)
    // The next writer cuts the rest of a line off, so that its own can be read.
    const number = await again.append('log', { after: cut })
    if (number !== expected + 1) t.equal(number, expected + 1, `appended after a cut at ${cut}`)
    await again.close()
    const last = new FileStore(folder)
    const [entry] = (await last.entries('log')).slice(-1)
    if (entry?.entry['after'] !== cut) t.equal(entry?.entry['after'], cut)
    await last.close()
  }
  t.ok(whole.length > 300, 'each of its bytes was tried')
})

t.test('a damaged line is skipped and reported', async (t) => {
  const folder = join(t.testdir(), 'store')
  const store = new FileStore(folder)
  for (let i = 1; i <= 3; i++) await store.append('log', { i })
  await store.close()
  const journal = join(folder, 'journal')
  const text = await readFile(journal, 'utf8')
  await writeFile(journal, text.replace('"i":2', '"i":7'))
  const warnings: object[] = []
  const again = new FileStore(folder, {
    debug: silent,
    info: silent,
    warn: (fields) => void warnings.push(fields)
  })
  t.same(
    (await again.entries('log')).map(({ entry }) => entry['i']),
    [1, 3]
  )
  t.match(warnings, [{ damaged: 1 }])
  t.equal(await again.append('log', { i: 4 }), 4)
  await again.close()
})

t.test('a journal full of what no longer counts is rewritten, and others notice', async (t) => {
  const folder = join(t.testdir(), 'store')
  const [store, other] = [new FileStore(folder), new FileStore(folder)]
  await store.append('log', { kept: true })
  await store.putIfAbsent('table', 'key', { n: 0 })
  const first = await versionOf(other, 'key')
  // Many at once are one turn, so that this takes moments.
  for (let version = first; version < first + 5_100; version += 100) {
    const swaps = Array.from({ length: 100 }, (_, i) =>
      store.swap('table', 'key', version + i, { n: version + i })
    )
    t.ok((await Promise.all(swaps)).every(Boolean))
  }
  const { size } = await stat(join(folder, 'journal'))
  t.ok(size < 20_000, `${size} bytes`)
  t.equal((await other.get('table', 'key'))?.version, first + 5_100)
  t.equal((await other.entries('log')).length, 1)
  t.equal(await other.append('log', {}), 2)
  t.equal((await store.entries('log')).length, 2)
  await Promise.all([store.close(), other.close()])
})

t.test('a folder that cannot be used is an error, and nothing is half done', async (t) => {
  const path = t.testdir({ file: 'no folder' })
  const store = new FileStore(join(path, 'file'))
  await t.rejects(store.append('log', {}), { name: 'StoreError', message: /cannot be used/ })
  await t.rejects(store.entries('log'), { name: 'StoreError' })
  await store.close()
  if (process.getuid?.() === 0) return t.comment('root may write everywhere: modes are not tried')
  const folder = join(path, 'closed')
  const closed = new FileStore(folder)
  await closed.append('log', { a: 1 })
  await chmod(folder, 0o500)
  await t.rejects(closed.append('log', { a: 2 }), { name: 'StoreError' })
  await chmod(folder, 0o700)
  t.equal(await closed.append('log', { a: 3 }), 2, 'it goes on when it can')
  await closed.close()
})
