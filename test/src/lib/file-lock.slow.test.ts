import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { withFileLock } from '../../../src/lib/file-lock.ts'
import { sourceProgram } from '../../helper/shell.ts'

/** A busy disk: each operation waits for its turn for a random time, so that those of several mix. */
function slowDown(): void {
  for (const name of [
    'link',
    'open',
    'readFile',
    'rename',
    'stat',
    'unlink',
    'writeFile'
  ] as const) {
    const operation = files[name] as (...args: unknown[]) => Promise<unknown>
    const slow = async (...args: unknown[]): Promise<unknown> => {
      if (Math.random() < 0.2) await sleep(15)
      return operation(...args)
    }
    Object.assign(files, { [name]: slow })
  }
  syncBuiltinESMExports()
}
slowDown()

/** A process of this machine that has ended. */
const { pid: ended } = spawnSync(process.execPath, ['-e', '0'])

const leave = (path: string, taken: string, pid = ended): void =>
  writeFileSync(path, JSON.stringify({ host: hostname(), pid, nonce: 'gone', taken }))

/** Runs callers at once under one lock; how many were inside together at most, and how many were. */
async function crowd(path: string, callers: number): Promise<{ most: number; ran: number }> {
  let inside = 0
  let most = 0
  let ran = 0
  await Promise.all(
    Array.from({ length: callers }, () =>
      withFileLock(path, async () => {
        inside += 1
        ran += 1
        most = Math.max(most, inside)
        await sleep(Math.random() * 20)
        inside -= 1
      })
    )
  )
  return { most, ran }
}

t.test('of many that find the lock of a dead process, one at a time goes in', async (t) => {
  const folder = t.testdir()
  for (let round = 0; round < 15; round++) {
    const path = join(folder, `${round}.lock`)
    leave(path, `${round}`)
    t.strictSame(await crowd(path, 5), { most: 1, ran: 5 }, `round ${round}`)
  }
  t.strictSame(readdirSync(folder), [], 'nothing is left behind')
})

t.test('a lock of a dead process is taken, whoever died while taking it away', async (t) => {
  const path = join(t.testdir(), 'lock')
  leave(path, 'first')
  leave(`${path}.takeover`, 'second')
  t.strictSame(await crowd(path, 4), { most: 1, ran: 4 })
})

t.test('a lock without a text, and one of another machine, are taken after a while', async (t) => {
  const timings = { beatMs: 20, abandonedMs: 100 }
  for (const left of ['', JSON.stringify({ host: 'another', pid: 1, nonce: 'n', taken: 't' })]) {
    const path = join(t.testdir(), 'lock')
    writeFileSync(path, left)
    const began = performance.now()
    await withFileLock(path, async () => undefined, timings)
    t.ok(performance.now() - began > 100, left)
  }
})

t.test('one that works for long keeps its lock', async (t) => {
  const path = join(t.testdir(), 'lock')
  const timings = { beatMs: 50, abandonedMs: 2_000 }
  const events: string[] = []
  const first = withFileLock(
    path,
    async (lock) => {
      await sleep(5_000)
      await lock.check()
      events.push('first')
    },
    timings
  )
  while (!existsSync(path)) await sleep(5)
  await withFileLock(path, async () => void events.push('second'), timings)
  await first
  t.strictSame(events, ['first', 'second'])
})

t.test(
  'one that stood still loses it, is told, and leaves the lock of the next alone',
  async (t) => {
    const path = join(t.testdir(), 'lock')
    const program = sourceProgram('test/src/lib/lock-holder.ts')
    const child = spawn(process.execPath, [...program, path], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    t.teardown(() => child.kill('SIGKILL'))
    const said = text(child.stdout)
    while (!existsSync(path)) await sleep(5)
    child.kill('SIGSTOP')
    await withFileLock(
      path,
      async () => {
        child.kill('SIGCONT')
        child.stdin.end('go on')
        await once(child, 'exit')
        t.ok(existsSync(path), 'it is still locked')
      },
      { beatMs: 50, abandonedMs: 300 }
    )
    t.match(await said, /was taken by another process while this one stood still/)
  }
)
