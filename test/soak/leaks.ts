import type { Holdings } from './questions.ts'

/** What comes and goes with pools and pauses, and does not count as a leak. */
const slack = { descriptors: 12, resources: 12, timers: 12, heapMiB: 40 }

/** What a process holds afterwards and did not hold before. */
export function leaksOf(before: Holdings, after: Holdings): string[] {
  const found: string[] = []
  const more = after.descriptors - before.descriptors
  if (more > slack.descriptors)
    found.push(`${more} descriptors more: ${before.descriptors}, then ${after.descriptors}`)
  for (const [kind, count] of Object.entries(after.resources)) {
    const had = before.resources[kind] ?? 0
    if (count - had > slack.resources) found.push(`${kind}: ${had}, then ${count}`)
  }
  if (after.timers - before.timers > slack.timers)
    found.push(`timers: ${before.timers}, then ${after.timers}`)
  const grown = after.heapMiB - before.heapMiB
  if (grown > slack.heapMiB)
    found.push(`heap: ${Math.round(before.heapMiB)} MiB, then ${Math.round(after.heapMiB)} MiB`)
  return found
}

/** The heap after the given number of calls. */
export interface HeapSample {
  calls: number
  heapMiB: number
}

/** Before that, caches fill and code is compiled. */
const warmUpShare = 1 / 3
/** Of the rest: over fewer calls, what is under way at the moment says more than what is left. */
const [leastSamples, leastCalls] = [12, 1000]
/** The ledger keeps an entry of each write, and the simulated cluster grows to its most VMs and snapshots. */
const maxKiBPerCall = 8

/**
 * How much the heap grows with each call after the warm-up, in KiB: the median of the slopes between any two
 * samples, which a few that were taken in the middle of something large leave alone. Undefined for a run that
 * is too short to say.
 */
export function heapSlope(samples: readonly HeapSample[]): number | undefined {
  const rest = samples.slice(Math.ceil(samples.length * warmUpShare))
  const [first, last] = [rest[0], rest.at(-1)]
  if (first === undefined || last === undefined) return undefined
  if (rest.length < leastSamples || last.calls - first.calls < leastCalls) return undefined
  const slopes = rest.flatMap((a, i) =>
    rest
      .slice(i + 1)
      .filter((b) => b.calls > a.calls)
      .map((b) => ((b.heapMiB - a.heapMiB) * 1024) / (b.calls - a.calls))
  )
  return slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)]
}

/** Whether it grows by more than what is kept on purpose. */
export function heapLeak(samples: readonly HeapSample[]): string | undefined {
  const slope = heapSlope(samples)
  return slope === undefined || slope <= maxKiBPerCall
    ? undefined
    : `heap: ${slope.toFixed(1)} KiB more with each call`
}
