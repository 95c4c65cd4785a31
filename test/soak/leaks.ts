import type { Holdings } from './questions.ts'

/** What comes and goes with pools and pauses, and is no leak. */
const slack = { descriptors: 12, resources: 12, heapMiB: 40 }

/** What a process holds now and did not hold before. */
export function leaksOf(before: Holdings, after: Holdings): string[] {
  const found: string[] = []
  const more = after.descriptors - before.descriptors
  if (more > slack.descriptors)
    found.push(`${more} descriptors more: ${before.descriptors}, then ${after.descriptors}`)
  for (const [kind, count] of Object.entries(after.resources)) {
    const had = before.resources[kind] ?? 0
    if (count - had > slack.resources) found.push(`${kind}: ${had}, then ${count}`)
  }
  const grown = after.heapMiB - before.heapMiB
  if (grown > slack.heapMiB)
    found.push(`heap: ${Math.round(before.heapMiB)} MiB, then ${Math.round(after.heapMiB)} MiB`)
  return found
}
