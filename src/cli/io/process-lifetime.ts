import closeWithGrace from 'close-with-grace'
import type { Lifetime } from './io.ts'

/** Max wait for running requests, in milliseconds. */
const graceMs = 30_000

/**
 * npm forwards a signal that the terminal has already sent to the whole group: two of a kind within
 * this time are one.
 */
const echoMs = 100

const parentCheckMs = 250

/**
 * Calls back when the parent process is gone. Signals sent to `npm run demo` end npm and its shell,
 * which does not forward them: without this the demo would keep running, and keep its port.
 */
function whenParentEnds(end: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, parentCheckMs)
  timer.unref()
}

/**
 * A file access that hangs (a network drive whose server is gone) would block even
 * `process.exit()`; after `close` nothing can be lost.
 */
function endIfFilesHang(): void {
  if (process.getActiveResourcesInfo().includes('FSReqPromise'))
    process.kill(process.pid, 'SIGKILL')
}

/**
 * Ends the process in order on SIGINT and SIGTERM, and with the npm that started it: runs `close`
 * once, then exits with 0. A second signal ends it at once with 1. An uncaught error is printed, and
 * ends it with 1 after `close`.
 */
export function closeOnSignal(
  close: () => Promise<void>,
  { say, startedByNpm }: { say: (text: string) => void; startedByNpm: boolean }
): Lifetime {
  let firstSignalAt: number | undefined
  const grace = closeWithGrace(
    {
      delay: graceMs,
      skip: ['SIGINT', 'SIGTERM', 'beforeExit'],
      logger: { error: (problem: unknown) => say(String(problem)) }
    },
    async ({ err }) => {
      if (err !== undefined) say(`scale-bridge: ${err.stack ?? err.message}`)
      await close()
      endIfFilesHang()
    }
  )
  const end = (): void => {
    if (firstSignalAt === undefined) grace.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (firstSignalAt === undefined) {
        firstSignalAt = Date.now()
        grace.close()
      } else if (Date.now() - firstSignalAt > echoMs) {
        say(`Second ${signal}: ended at once`)
        process.exit(1)
      }
    })
  if (startedByNpm) whenParentEnds(end)
  // The process exits before.
  return { end, ended: new Promise(() => undefined) }
}
