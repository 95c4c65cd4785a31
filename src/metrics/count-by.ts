import type { Sampled } from './metrics.ts'

/**
 * How often each value occurs, for a gauge with one label.
 * @param always values that are there also where their number is 0, so that an alert on them works
 */
export function countBy(
  label: string,
  values: readonly string[],
  always: readonly string[]
): Sampled[] {
  const counts = new Map(always.map((value) => [value, 0]))
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].map(([value, count]) => ({ labels: { [label]: value }, value: count }))
}
