/** Timers of this process that do not follow the clock: each waits until it is released. */
export interface HeldTimers {
  /** How long each of those that wait was set for, the oldest first. */
  readonly waiting: readonly number[]
  /** Ends the wait of all that wait now. @returns how many those were */
  release(): number
}

interface Hold {
  holds: (ms: number) => boolean
  /** By the timer that stands for each; none of them ends within the time of a test. */
  waits: Map<NodeJS.Timeout, { ms: number; run: () => void }>
}

const never = 2 ** 31 - 1
const holds = new Set<Hold>()
const { setTimeout: trueSetTimeout, clearTimeout: trueClearTimeout } = globalThis

function heldSetTimeout(run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) {
  const hold = [...holds].find((each) => each.holds(ms))
  if (hold === undefined) return trueSetTimeout(run, ms, ...args)
  const timer = trueSetTimeout(() => undefined, never)
  hold.waits.set(timer, { ms, run: () => run(...args) })
  return timer
}

function heldClearTimeout(timer?: NodeJS.Timeout | string | number): void {
  for (const { waits } of holds) waits.delete(timer as NodeJS.Timeout)
  trueClearTimeout(timer)
}

/**
 * Holds the timers of this length: what is to happen before one of them is over then does, however slow the
 * machine, and where none waits, nothing comes any more. Choose a length that nothing else has. Of the global
 * `setTimeout`, not that of `node:timers/promises`. Those that still wait when the test ends never run.
 */
export function holdTimers(
  t: { teardown(handler: () => unknown): void },
  length: number | ((ms: number) => boolean)
): HeldTimers {
  const hold: Hold = {
    holds: typeof length === 'number' ? (ms) => ms === length : length,
    waits: new Map()
  }
  holds.add(hold)
  globalThis.setTimeout = heldSetTimeout as typeof setTimeout
  globalThis.clearTimeout = heldClearTimeout
  t.teardown(() => {
    for (const timer of hold.waits.keys()) trueClearTimeout(timer)
    holds.delete(hold)
    if (holds.size > 0) return
    globalThis.setTimeout = trueSetTimeout
    globalThis.clearTimeout = trueClearTimeout
  })
  return {
    get waiting() {
      return [...hold.waits.values()].map(({ ms }) => ms)
    },
    release() {
      const over = [...hold.waits]
      for (const [timer, { run }] of over) {
        trueClearTimeout(timer)
        hold.waits.delete(timer)
        run()
      }
      return over.length
    }
  }
}
