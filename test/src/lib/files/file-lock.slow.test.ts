import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type FileLockTimings, withFileLock } from '../../../../src/lib/files/file-lock.ts'
import { leaveLock } from '../../../helper/left-lock.ts'
import { sourceProgram } from '../../../helper/shell.ts'

/** What a file operation waits for; nothing by default. */
let hold: (name: string, path: string) => Promise<void> = async () => undefined

/** A busy disk: each operation waits for its turn for a random time, so that those of several mix. */
function slowDown(): void {
  for (const name of ['link', 'open', 'readFile', 'unlink', 'writeFile'] as const) {
    const operation = files[name] as (path: string, ...args: unknown[]) => Promise<unknown>
    const slow = async (path: string, ...args: unknown[]): Promise<unknown> => {
      await hold(name, path)
      if (Math.random() < 0.2) await sleep(15)
      return operation(path, ...args)
    }
    Object.assign(files, { [name]: slow })
  }
  syncBuiltinESMExports()
}
slowDown()

/** No lock is taken over because its holder is silent. */
const patient: FileLockTimings = { beatMs: 1_000, abandonedMs: 1e9 }

/** Runs callers at once under one lock; how many were inside together at most, and how many were. */
async function crowd(path: string, callers: number): Promise<{ most: number; ran: number }> {
  let inside = 0
  let most = 0
  let ran = 0
  const work = async (): Promise<void> => {
    inside += 1
    ran += 1
    most = Math.max(most, inside)
    await sleep(Math.random() * 20)
    inside -= 1
  }
  await Promise.all(Array.from({ length: callers }, () => withFileLock(path, work, patient)))
  return { most, ran }
}

t.test('of many that find the lock of a dead process, one at a time goes in', async (t) => {
  const folder = t.testdir()
  for (let round = 0; round < 15; round++) {
    const path = join(folder, `${round}.lock`)
    leaveLock(path)
    t.strictSame(await crowd(path, 5), { most: 1, ran: 5 }, `round ${round}`)
  }
  t.strictSame(readdirSync(folder), [], 'nothing is left behind')
})

t.test(
  'a lock of a dead process is taken, also where another one died while taking it away',
  async (t) => {
    const path = join(t.testdir(), 'lock')
    leaveLock(path)
    leaveLock(`${path}.takeover`)
    t.strictSame(await crowd(path, 4), { most: 1, ran: 4 })
  }
)

t.test('one of which nothing is known is taken after a while', async (t) => {
  const timings = { beatMs: 50, abandonedMs: 200 }
  const path = join(t.testdir(), 'lock')
  const left: Record<string, () => void> = {
    'without a text': () => writeFileSync(path, ''),
    'of another machine': () => leaveLock(path, { host: 'another' }),
    'of another container with the name of this machine': () => leaveLock(path, { space: 'other' })
  }
  for (const [name, leave] of Object.entries(left)) {
    leave()
    const began = performance.now()
    await withFileLock(path, async () => undefined, timings)
    t.ok(performance.now() - began > 200, name)
  }
})

t.test('one that works for long keeps its lock', async (t) => {
  const path = join(t.testdir(), 'lock')
  const timings = { beatMs: 50, abandonedMs: 2_000 }
  const events: string[] = []
  const work = async (): Promise<void> => {
    await sleep(5_000)
    events.push('first')
  }
  const first = withFileLock(path, work, timings)
  while (!existsSync(path)) await sleep(5)
  await withFileLock(path, async () => void events.push('second'), timings)
  await first
  t.strictSame(events, ['first', 'second'])
})

t.test('who stands still takes no lock for it', async (t) => {
  const path = join(t.testdir(), 'lock')
  const timings = { beatMs: 50, abandonedMs: 500 }
  const events: string[] = []
  const work = async (lock: { check(): Promise<void> }): Promise<void> => {
    await sleep(2_500)
    await lock.check()
    events.push('first')
  }
  const first = withFileLock(path, work, timings)
  while (!existsSync(path)) await sleep(5)
  const second = withFileLock(path, async () => void events.push('second'), timings)
  await sleep(100)
  // The whole process, as both of two do in a container that is paused.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)
  await Promise.all([first, second])
  t.strictSame(events, ['first', 'second'])
})

t.test(
  'a holder that stalled loses the lock, gets an error, and leaves the lock of the next alone',
  async (t) => {
    const path = join(t.testdir(), 'lock')
    const program = sourceProgram('test/src/lib/files/lock-holder.ts')
    const child = spawn(process.execPath, [...program, path], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    t.teardown(() => child.kill('SIGKILL'))
    const said = text(child.stdout)
    while (!existsSync(path)) await sleep(5)
    child.kill('SIGSTOP')
    const work = async (): Promise<void> => {
      child.kill('SIGCONT')
      child.stdin.end('go on')
      await once(child, 'exit')
      t.ok(existsSync(path), 'it is still locked')
    }
    await withFileLock(path, work, { beatMs: 50, abandonedMs: 300 })
    t.match(await said, /is no longer held/)
  }
)

t.test('a holder that stalled as soon as it had the lock gets an error, too', async (t) => {
  const path = join(t.testdir(), 'lock')
  let goOn = (): void => undefined
  // What it does next after the link.
  hold = async (name, of) => {
    if (name !== 'unlink' || !/lock\.[0-9a-f]{8}$/.test(of)) return
    hold = async () => undefined
    await new Promise<void>((resolve) => (goOn = resolve))
  }
  const timings = { beatMs: 50, abandonedMs: 300 }
  const first = withFileLock(path, (lock) => lock.check(), timings)
  while (!existsSync(path)) await sleep(5)
  const work = async (): Promise<void> => {
    goOn()
    await t.rejects(first, { message: /is no longer held/ })
    t.ok(existsSync(path), 'it is still locked')
  }
  await withFileLock(path, work, timings)
})
