import { parseDuration } from '../../lib/time/duration.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quote } from '../../lib/text/quote.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'
import { parseTime } from '../filter/times.ts'

/** What may be one of these; whether it is, is found when it is read. */
export const sincePattern = String.raw`^\s*(?:\d{1,5} ?[mhdwMHDW][A-Za-z ]*|\d{4}-\d{2}-\d{2}.*)$`

/**
 * Reads since when: a duration up to now, or a date or time, which without an offset is that of the
 * cluster's time zone. In Unix milliseconds.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function parseSince(text: string, zone: ZonedTime, now: number): number {
  const given = text.trim()
  const ago = parseDuration(given.replace(/ ago$/i, ''))
  if (ago !== undefined) return now - ago
  const span = parseTime(given, { now, zone })
  if (span !== undefined) return span.from * 1000
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `since is ${quote(text)}, which is not a time: write 90m, 24h, 7d, 2026-11-28 or 2026-11-28T14:00`
  )
}
