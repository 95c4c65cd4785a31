import { setTimeout as sleep } from 'node:timers/promises'
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
 * Calls back when the parent process has ended. Signals sent to `npm run demo` end npm and its
 * shell, which does not forward them: without this the demo would keep running, and keep its port.
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

/** How long a file access may still take once all else is done. */
const lastFileMs = 1_000
const filePollMs = 20

const filesAreBusy = (): boolean => process.getActiveResourcesInfo().includes('FSReqPromise')

/**
 * A file access that hangs (a network drive whose server is down) would block even
 * `process.exit()`. The process is then ended by the signal that was sent, as if it had never been
 * caught: no supervisor treats that as a failure, and after `close` nothing can be lost.
 */
async function endIfFilesHang(signal: NodeJS.Signals): Promise<void> {
  const startedAt = performance.now()
  while (filesAreBusy()) {
    if (performance.now() - startedAt > lastFileMs) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
    await sleep(filePollMs)
  }
}

/**
 * Ends the process in order on SIGINT and SIGTERM, and with the npm that started it: runs `close`
 * once, then exits with 0. A second signal ends it at once with 1. An uncaught error is printed, and
 * ends it with 1 after `close`.
 */
export function closeOnSignal(
  close: (told: AbortSignal) => Promise<void>,
  { say, startedByNpm }: { say: (text: string) => void; startedByNpm: boolean }
): Lifetime {
  const told = new AbortController()
  let firstSignalAt: number | undefined
  let endedBy: NodeJS.Signals = 'SIGTERM'
  const grace = closeWithGrace(
    {
      delay: graceMs,
      skip: ['SIGINT', 'SIGTERM', 'beforeExit'],
      logger: { error: (problem: unknown) => say(String(problem)) }
    },
    async ({ err, signal }) => {
      if (err !== undefined) {
        told.abort()
        say(`scale-bridge: ${err.stack ?? err.message}`)
      }
      await close(told.signal)
      await endIfFilesHang(err === undefined ? (signal ?? endedBy) : 'SIGKILL')
    }
  )
  let isEnding = false
  const end = (): void => {
    if (isEnding) return
    isEnding = true
    grace.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (firstSignalAt === undefined) {
        firstSignalAt = performance.now()
        endedBy = signal
        told.abort()
        end()
      } else if (performance.now() - firstSignalAt > echoMs) {
        say(`Second ${signal}: ended at once`)
        process.exit(1)
      }
    })
  if (startedByNpm) whenParentEnds(end)
  // The process exits before.
  return { end, ended: new Promise(() => undefined) }
}
