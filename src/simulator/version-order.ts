/** Numbers of a version such as `9.4.30.217736`, for comparing. */
const numbers = (version: string): number[] => version.split('.').map(Number)

/** Whether `version` is `since` or later. */
export function isAtLeast(version: string, since: string): boolean {
  const have = numbers(version)
  for (const [i, wanted] of numbers(since).entries()) {
    const part = have[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}
