import { BridgeError } from '../../errors.ts'

const deepest = 64

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
 * A caller's payload as a JSON value; undefined if none is to be sent. Text is taken as JSON, because
 * some clients can send only that.
 * @throws {BridgeError} INVALID_ARGUMENT if it is no JSON, or nested without end.
 */
export function parsePayload(payload: unknown): unknown {
  let value: unknown = payload ?? undefined
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined
    try {
      value = JSON.parse(value) as unknown
    } catch {
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'payload is text but not valid JSON: send an object, an array, or JSON text such as {"name": "web-01"}'
      )
    }
  }
  if (isDeeperThan(value, deepest))
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `payload is nested deeper than ${deepest} levels: no body of the API is`
    )
  return value
}
