/** The wall clock of this process, which steps as after a resume or a correction by NTP. */
export interface SteppingClock {
  /** ms from the true time; negative: into the past. */
  set(offsetMs: number): void
}

/**
 * Lets `Date.now()` and `new Date()` of this process step. What the process measures by
 * `performance.now()` continues undisturbed, as with a real step. Correct again after the test.
 */
export function stepClock(t: { teardown(handler: () => unknown): void }): SteppingClock {
  const TrueDate = Date
  let offset = 0
  class SteppedDate extends TrueDate {
    constructor(...given: unknown[]) {
      if (given.length === 0) super(TrueDate.now() + offset)
      else super(...(given as [number]))
    }

    static override now(): number {
      return TrueDate.now() + offset
    }
  }
  globalThis.Date = SteppedDate as DateConstructor
  t.teardown(() => {
    globalThis.Date = TrueDate
  })
  return { set: (offsetMs) => void (offset = offsetMs) }
}
