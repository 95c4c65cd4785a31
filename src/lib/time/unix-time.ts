/**
 * Unix milliseconds that go forward only: the time when this process began, by the system's clock, and
 * what has passed since by the monotonic one. A step of the clock changes no duration between two of
 * them in one process; between two processes the clock counts.
 */
export const unixMs = (): number => performance.timeOrigin + performance.now()

/** The monotonic time, in ms as `performance.now()` counts, of a `unixMs` of any process. */
export const toMonotonic = (at: number): number => at - performance.timeOrigin
