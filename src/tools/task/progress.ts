import type { Timings } from '../../lib/time/timings.ts'

/** How far a call that takes long is. */
export interface Step {
  /** 0 to 100; stays the same where the cluster measures nothing. */
  percent: number
  /** One sentence for a person. */
  message: string
}

/** A step as the caller sees it. */
export interface Progress extends Step {
  /** True with the last one of a wait. */
  done: boolean
}

/** Tells the caller how far its call is; must neither throw nor delay. */
export type ReportProgress = (progress: Progress) => void

/** Notifies all listeners; undefined without any. */
export function reportToAll(
  ...listeners: (ReportProgress | undefined)[]
): ReportProgress | undefined {
  const [first, ...others] = listeners.filter((report) => report !== undefined)
  if (first === undefined || others.length === 0) return first
  return (progress) => {
    for (const report of [first, ...others]) report(progress)
  }
}

/** `35 s`, `2 min 5 s` */
export function formatElapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Passes progress on, and repeats the last one with the time that went by while nothing changes. */
export interface ProgressReporter {
  report(step: Step): void
  /** Ends the repeating without a word: another reporter continues. */
  detach(): void
  /**
   * Ends the repeating. `last` says how the wait ended; without it, only that it ended is reported.
   * The first ending counts.
   */
  end(last?: Step): void
}

/** Where progress is reported, and how often. */
export interface ProgressListener {
  /** Undefined without a listener. */
  progress: ReportProgress | undefined
  timings: Pick<Timings, 'heartbeatMs'>
}

const silentReporter: ProgressReporter = {
  report: () => undefined,
  detach: () => undefined,
  end: () => undefined
}

/**
 * A reporter; silent without a listener.
 * @param since when what is waited for began, in ms
 */
export function createProgressReporter(
  { progress: report, timings }: ProgressListener,
  since: number = performance.now()
): ProgressReporter {
  if (report === undefined) return silentReporter
  let last: Step | undefined
  const timer = setInterval(() => {
    if (last === undefined) return
    const message = `${last.message} (${formatElapsed(performance.now() - since)})`
    report({ ...last, message, done: false })
  }, timings.heartbeatMs)
  return {
    report(step) {
      if (step.percent === last?.percent && step.message === last.message) return
      last = step
      report({ ...step, done: false })
    },
    detach: () => clearInterval(timer),
    end(ending) {
      clearInterval(timer)
      if (last === undefined) return
      report({ ...last, message: `${last.message}, no longer waited for`, ...ending, done: true })
      last = undefined
    }
  }
}

/** Tells that work is under way until it is done; the code that uses its result reports the end. */
export async function reportWhile<T>(
  listener: ProgressListener,
  message: string,
  work: Promise<T>
): Promise<T> {
  const reporter = createProgressReporter(listener)
  reporter.report({ percent: 0, message })
  try {
    const result = await work
    reporter.detach()
    return result
  } catch (error) {
    reporter.end({ percent: 0, message: `${message}: failed` })
    throw error
  }
}
