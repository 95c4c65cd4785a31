import { parseDuration } from '../../lib/time/duration.ts'
import { daySeconds } from '../../lib/text/units.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'

/** What `now` and a local time are. */
export interface FilterClock {
  /** Unix milliseconds. */
  now: number
  /** Of times that name none. */
  zone: ZonedTime
}

/** What a caller calls a point in time: as long as it is exact, in Unix seconds; `to` is the first after it. */
export interface TimeSpan {
  from: number
  to: number
}

const dateOnly = /^(\d{4}-\d{2}-\d{2})$/
const dateTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(:\d{2})?)(?:\.\d+)?$/
const named = /^(now|today|yesterday)$/i
const relative = /^(.+?) ago$/i

/** Whether a time is one of the clock on the wall, which the zone decides. */
export const needsZone = (text: string): boolean =>
  /\d{4}-\d{2}-\d{2}(?!.*(?:z|[+-]\d{2}:?\d{2})\b)/i.test(text) ||
  /\b(?:today|yesterday)\b/i.test(text)

/** This many seconds from Unix milliseconds on. */
const at = (from: number, seconds: number): TimeSpan | undefined =>
  Number.isNaN(from) ? undefined : { from: from / 1000, to: from / 1000 + seconds }

/**
 * Reads a time: `2026-11-28`, `2026-11-28T14:00`, with or without an offset; `today`, `yesterday`, `now`,
 * `7d ago`, Unix seconds. Undefined for anything else.
 */
export function parseTime(text: string, { now, zone }: FilterClock): TimeSpan | undefined {
  const given = text.trim()
  const dayOf = (local: string): TimeSpan | undefined => {
    const from = zone.parse(`${local}T00:00`)
    // A day of the clock may have 23 or 25 hours.
    const next = new Date(Date.parse(`${local}T00:00Z`) + daySeconds * 1000)
    return Number.isNaN(from)
      ? undefined
      : { from: from / 1000, to: zone.parse(next.toISOString().slice(0, 16)) / 1000 }
  }
  const [, day] = dateOnly.exec(given) ?? []
  if (day !== undefined) return dayOf(day)
  const [, date, clock, seconds] = dateTime.exec(given) ?? []
  if (date !== undefined) return at(zone.parse(`${date}T${clock}`), seconds === undefined ? 60 : 1)
  const [, word = ''] = named.exec(given) ?? []
  if (word.toLowerCase() === 'now') return at(now, 1)
  if (word !== '') {
    const today = zone.text(now).slice(0, 10)
    if (word.toLowerCase() === 'today') return dayOf(today)
    const before = new Date(Date.parse(`${today}T00:00Z`) - daySeconds * 1000)
    return dayOf(before.toISOString().slice(0, 10))
  }
  const [, duration = ''] = relative.exec(given) ?? []
  const ago = parseDuration(duration)
  if (ago !== undefined) return at(now - ago, 1)
  if (/^\d{9,10}$/.test(given)) return at(Number(given) * 1000, 1)
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d/.test(given)) return undefined
  return at(Date.parse(given.replace(' ', 'T')), /:\d{2}:\d{2}/.test(given) ? 1 : 60)
}
