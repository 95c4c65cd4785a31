/** How far a call that takes long is. */
export interface Progress {
  /** 0 to 100; stays the same where the cluster measures nothing. */
  percent: number
  /** One sentence for a person. */
  message: string
}

/** Tells the caller how far its call is; must neither throw nor delay. */
export type ReportProgress = (progress: Progress) => void

/** Clients give up on a call that is silent for a minute; some sooner. */
const heartbeatMs = 5000

/** Passes progress on, and repeats the last one with the time that went by while nothing changes. */
export interface ProgressTeller {
  tell: ReportProgress
  end(): void
}

/** A teller that is silent where nobody listens. */
export function progressTeller(report: ReportProgress | undefined): ProgressTeller {
  if (report === undefined) return { tell: () => undefined, end: () => undefined }
  const startedAt = Date.now()
  let last: Progress | undefined
  const timer = setInterval(() => {
    if (last === undefined) return
    const seconds = Math.round((Date.now() - startedAt) / 1000)
    report({ ...last, message: `${last.message} (${seconds} s)` })
  }, heartbeatMs)
  return {
    tell(progress) {
      if (progress.percent === last?.percent && progress.message === last.message) return
      last = progress
      report(progress)
    },
    end: () => clearInterval(timer)
  }
}
