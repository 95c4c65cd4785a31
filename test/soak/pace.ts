import { defaultTimings } from '../../src/lib/time/timings.ts'
import { defaultLimits } from '../../src/hypercore/transport/time-limits.ts'

/** The same record, each of its numbers divided. */
function divided<T extends object>(times: T, by: number): T {
  const entries = Object.entries(times as Record<string, number>)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Math.max(1, Math.round(value / by))])
  ) as T
}

/**
 * Limits and pauses of a bridge that runs `pace` times as fast as the product, beside a simulated
 * cluster of that speed: an hour of faults in minutes.
 */
export function pausesAt(pace: number) {
  return {
    tasks: divided({ pollMs: 5000, pauseMs: 200 }, pace),
    // How long the cluster takes to respond does not depend on the pace.
    timeouts: { ...divided(defaultLimits, pace), slowMs: defaultLimits.slowMs },
    timings: { ...divided(defaultTimings, pace), requestMs: defaultTimings.requestMs }
  }
}
