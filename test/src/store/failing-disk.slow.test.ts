import { open, readFile, stat } from 'node:fs/promises'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { withFileLock } from '../../../src/lib/files/file-lock.ts'
import { FileStore } from '../../../src/store/file-store.ts'
import { leaveLock } from '../../helper/left-lock.ts'
import { versionOf } from './version-of.ts'

const failure = (): Error => Object.assign(new Error('the disk fails'), { code: 'EIO' })

/** Does something with the next sync of a file, before it. */
async function withNextSync(work: () => void | Promise<void>): Promise<void> {
  const file = await open(process.execPath, 'r')
  const handle = Object.getPrototypeOf(file) as { datasync: () => Promise<void> }
  await file.close()
  const { datasync } = handle
  handle.datasync = async function () {
    handle.datasync = datasync
    await work()
    await datasync.call(this)
  }
}

/** Lets the next sync of a file fail, once that is said. */
async function failNextSync(): Promise<() => void> {
  let fail = (): void => undefined
  const said = new Promise<void>((resolve) => (fail = resolve))
  await withNextSync(async () => {
    await said
    throw failure()
  })
  return fail
}

/** What was read, or the name of the error. */
const told = (reading: Promise<{ version: number } | undefined>): Promise<unknown> =>
  reading.then(
    (found) => found?.version ?? 'nothing',
    (error: Error) => error.name
  )

t.test('a read beside a change that fails does not find the store empty', async (t) => {
  const store = new FileStore(join(t.testdir(), 'store'))
  await store.putIfAbsent('table', 'key', { n: 1 })
  const version = await versionOf(store, 'key')
  const fail = await failNextSync()
  const change = t.rejects(store.append('log', {}), { name: 'StoreError', message: /EIO/ })
  const reads = [told(store.get('table', 'key'))]
  await sleep(50)
  reads.push(told(store.get('table', 'key')))
  fail()
  t.same(await Promise.all(reads), [version, version])
  await change
  t.equal(await told(store.get('table', 'key')), version)
  t.same(await store.entries('log'), [])
  await store.close()
})

for (const [name, text] of [
  ['longer', 'longer than what was reverted'],
  ['as long', 'other']
])
  t.test(`what was reverted after a failure, with what is ${name} in its place`, async (t) => {
    const folder = join(t.testdir(), 'store')
    const [store, reader] = [new FileStore(folder), new FileStore(folder)]
    await store.append('log', { n: 1 })
    await reader.entries('log')
    const fail = await failNextSync()
    const change = t.rejects(store.append('log', { n: 2, text: 'short' }), { name: 'StoreError' })
    // It has read what is not durable.
    while ((await reader.entries('log')).length < 2) await sleep(1)
    fail()
    await change
    await store.append('log', { n: 3, text })
    t.same(
      (await reader.entries('log')).map(({ entry }) => entry['n']),
      [1, 3]
    )
    t.equal(await reader.append('log', { n: 4 }), 3)
    t.equal((await store.entries('log')).length, 3)
    await Promise.all([store.close(), reader.close()])
  })

t.test('a journal that cannot be compacted keeps growing, and loses nothing', async (t) => {
  const folder = join(t.testdir(), 'store')
  const journal = join(folder, 'journal')
  const warnings: string[] = []
  const silent = (): void => undefined
  const warn = (_fields: object, message: string): void => void warnings.push(message)
  const store = new FileStore(folder, { debug: silent, info: silent, warn })
  await store.putIfAbsent('table', 'key', { n: 0 })
  let version = await versionOf(store, 'key')
  const swap = async (times: number): Promise<void> => {
    for (const end = version + times; version < end; version += 100) {
      const swaps = Array.from({ length: 100 }, (_, i) =>
        store.swap('table', 'key', version + i, { n: version + i })
      )
      t.ok((await Promise.all(swaps)).every(Boolean), `up to version ${version + 100}`)
    }
  }
  const { rename } = files
  files.rename = async () => Promise.reject(failure())
  syncBuiltinESMExports()
  await swap(5_500)
  t.equal(warnings.length, 1)
  t.match(warnings[0], /could not be compacted/)
  t.ok((await stat(journal)).size > 200_000)
  files.rename = rename
  syncBuiltinESMExports()
  await swap(5_000)
  t.ok((await stat(journal)).size < 100_000, 'it is tried again')
  await store.close()
  const again = new FileStore(folder)
  t.equal((await again.get('table', 'key'))?.version, version)
  await again.close()
})

t.test('a change whose lock was taken away meanwhile is not written', async (t) => {
  const folder = join(t.testdir(), 'store')
  const store = new FileStore(folder)
  await store.append('log', { n: 1 })
  const before = await readFile(join(folder, 'journal'))
  const lock = join(folder, 'lock')
  const loseIt = { table: 'table', key: 'other', holds: () => (leaveLock(lock), true) }
  await t.rejects(store.putIfAbsent('table', 'key', {}, [loseIt]), {
    name: 'StoreError',
    message: /is no longer held/
  })
  t.same(await readFile(join(folder, 'journal')), before)
  t.equal(await told(store.get('table', 'key')), 'nothing')
  await withFileLock(lock, async () => undefined)
  t.equal(await store.append('log', { n: 2 }), 2, 'it goes on')
  await store.close()
})

t.test('a change whose lock was taken away while the disk wrote it is not promised', async (t) => {
  const folder = join(t.testdir(), 'store')
  const store = new FileStore(folder)
  await store.append('log', { n: 1 })
  await withNextSync(() => leaveLock(join(folder, 'lock')))
  await t.rejects(store.putIfAbsent('table', 'key', {}), {
    name: 'StoreError',
    message: /is no longer held/
  })
  t.equal(await store.append('log', { n: 2 }), 2, 'it goes on')
  await store.close()
})
