import { BridgeError } from './errors.ts'

/** Far more than any call needs, and far less than what recursion can walk. */
const maxDepth = 64

/** Whether a JSON value is nested deeper than so many levels. Walks without recursion. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : []
    )
  }
  return false
}

/**
 * Refuses what is nested without end before anything walks it.
 * @param name what the message calls the value
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseDeepNesting(name: string, value: unknown): void {
  if (isDeeperThan(value, maxDepth))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${name} is nested deeper than ${maxDepth} levels, and no call needs that: send it flatter`
    )
}
