import { BridgeError } from '../../lib/errors.ts'
import { quote } from '../../lib/quote.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'

const units: Record<string, number> = { m: 60e3, h: 3600e3, d: 86_400e3, w: 7 * 86_400e3 }

/** `90m`, `24 hours`, `7 days`; with or without "ago". */
const ago = /^(\d{1,5}) ?(m|h|d|w)(?:in(?:ute)?s?|(?:ou)?rs?|ays?|eeks?)?(?: ago)?$/i

/** What may be one of these; whether it is, is found when it is read. */
export const sincePattern = String.raw`^\s*(?:\d{1,5} ?[mhdwMHDW][A-Za-z ]*|\d{4}-\d{2}-\d{2}.*)$`

const dateOnly = /^\d{4}-\d{2}-\d{2}$/
const dateTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?$/

/**
 * Reads since when: a duration up to now, or a date or time, which without an offset is that of the
 * cluster's time zone. In Unix milliseconds.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function parseSince(text: string, zone: ZonedTime, now: number): number {
  const given = text.trim()
  const [, amount, unit = ''] = ago.exec(given) ?? []
  if (amount !== undefined) return now - Number(amount) * (units[unit.toLowerCase()] as number)
  const [, day, time] = dateTime.exec(given) ?? []
  const at = dateOnly.test(given)
    ? zone.parse(`${given}T00:00`)
    : day === undefined
      ? /^\d{4}-/.test(given)
        ? Date.parse(given)
        : Number.NaN
      : zone.parse(`${day}T${time}`)
  if (!Number.isNaN(at)) return at
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `since is ${quote(text)}, which is no time: write 90m, 24h, 7d, 2026-11-28 or 2026-11-28T14:00`
  )
}
