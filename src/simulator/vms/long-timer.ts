import type { Clock } from '../clock.ts'

const day = 86_400_000

/** As `clock.after`, also for months, which are too long for one timer. */
export function afterLong(clock: Clock, ms: number, action: () => void): void {
  if (ms <= day) clock.after(ms, action)
  else clock.after(day, () => afterLong(clock, ms - day, action))
}
