import type { VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteText } from '../../lib/text/quote.ts'
import { daySeconds, formatDuration } from '../../lib/text/units.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'
import { ownValue } from '../../lib/json/own-value.ts'

export type Rule = VirDomainSnapshotSchedule['rrules'][number]

/** How often, as a person says it. */
export interface Recurrence {
  /** `day`, `6 hours` */
  every: string
  /** Local time of the cluster: `02:00`. */
  at?: string | undefined
  /** A day of the week, or of the month. */
  on?: string | undefined
  keepDays: number
}

const frequencies = {
  minute: 'MINUTELY',
  hour: 'HOURLY',
  day: 'DAILY',
  week: 'WEEKLY',
  month: 'MONTHLY'
} as const

type Unit = keyof typeof frequencies

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const aliases: Readonly<Record<string, string>> = {
  hourly: 'hour',
  daily: 'day',
  night: 'day',
  nightly: 'day',
  weekly: 'week',
  monthly: 'month',
  min: 'minute',
  mins: 'minute',
  h: 'hour',
  d: 'day'
}

const everyHelp =
  'every must be hour, day, week, month, or a number of them such as "15 minutes" or "6 hours"'

const invalid = (message: string): BridgeError => new BridgeError('INVALID_ARGUMENT', message)

function readEvery(text: string): { interval: number; unit: Unit; weekday?: number } {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^every\s+/, '')
  const weekday = weekdays.indexOf(words.replace(/s$/, ''))
  if (weekday >= 0) return { interval: 1, unit: 'week', weekday }
  const [, count = '1', word = ''] = /^(\d{1,4})?\s*([a-z]+)$/.exec(words) ?? []
  const singular = word.replace(/s$/, '')
  const unit = ownValue(aliases, word) ?? ownValue(aliases, singular) ?? singular
  const interval = Number(count)
  if (!Object.hasOwn(frequencies, unit) || interval === 0)
    throw invalid(`${everyHelp}; got ${quoteText(text, 60)}`)
  if (unit === 'minute' && interval < 5)
    throw invalid(`every must be at least 5 minutes; got ${quoteText(text, 60)}`)
  return { interval, unit: unit as Unit }
}

/** Hours and minutes of `2:00`, `02:00`, `2 am`. */
function readTime(text: string, zone: ZonedTime): string {
  const [, hours = '', minutes = '00', half] =
    /^(\d{1,2})(?::(\d{2}))?(?::00)?\s*([ap]m)?$/i.exec(text.trim()) ?? []
  const isHalf = half !== undefined
  const hour = isHalf
    ? (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
    : Number(hours)
  if (
    hours === '' ||
    hour > 23 ||
    Number(minutes) > 59 ||
    (isHalf && (hours === '0' || Number(hours) > 12))
  )
    throw invalid(
      `at must be a local time of the cluster, ${zone.zone}, such as "02:00", without a zone; got ${quoteText(text, 40)}`
    )
  return `${String(hour).padStart(2, '0')}:${minutes}`
}

/** The first day from this one on that fits. */
function firstDay(today: string, fits: (day: Date) => boolean): string {
  const day = new Date(`${today}T00:00:00Z`)
  for (let i = 0; i < 62 && !fits(day); i++) day.setUTCDate(day.getUTCDate() + 1)
  return day.toISOString().slice(0, 10)
}

/** A day that says nothing of a schedule that takes snapshots on all of them. */
const anyDay = /^(?:(?:every|each|all|any|daily)?\s*(?:days?|nights?)?)$/i

function readDay(
  on: string | undefined,
  unit: Unit,
  weekday: number | undefined,
  today: string
): string {
  if (on === undefined && weekday === undefined)
    // A month always has its first.
    return unit === 'month' ? firstDay(today, (day) => day.getUTCDate() === 1) : today
  if (unit === 'week') {
    const wanted =
      weekday ??
      weekdays.findIndex(
        (name) =>
          on !== undefined && on.trim().length >= 2 && name.startsWith(on.trim().toLowerCase())
      )
    if (wanted < 0)
      throw invalid(`on must be a day of the week such as "sunday"; got ${quoteText(on ?? '', 40)}`)
    return firstDay(today, (day) => day.getUTCDay() === wanted)
  }
  const number = Number(on)
  if (unit === 'month' && Number.isInteger(number) && number >= 1 && number <= 28)
    return firstDay(today, (day) => day.getUTCDate() === number)
  if (unit !== 'month' && anyDay.test((on ?? '').trim())) return today
  throw invalid(
    unit === 'month'
      ? `on must be a day of the month from 1 to 28; got ${quoteText(on ?? '', 40)}`
      : `on goes with every week or month only; leave it out, or say every "week"`
  )
}

/**
 * The rule of a schedule. It starts on the first day that fits, in the cluster's own time (FACTS 8.2: S),
 * and so needs none of the BY parts of RFC 2445, of which no cluster has been seen to take any.
 * @param now Unix milliseconds
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function ruleOf(recurrence: Recurrence, zone: ZonedTime, now: number): Omit<Rule, 'uuid'> {
  const { every, at, on, keepDays } = recurrence
  const { interval, unit, weekday } = readEvery(every)
  if (
    at !== undefined &&
    (unit === 'minute' || unit === 'hour') &&
    interval * (unit === 'hour' ? 60 : 1) < 720 &&
    !/^\d{1,2}(?::\d{2})?/.test(at)
  )
    throw invalid(`at must be a time such as "00:15"; got ${quoteText(at, 40)}`)
  const time = readTime(at ?? '00:00', zone)
  const day = readDay(on, unit, weekday, zone.text(now).slice(0, 10))
  const seconds = Math.round(keepDays * daySeconds)
  const rule = {
    dtstart: `${day} ${time}:00`,
    rrule: `FREQ=${frequencies[unit]};INTERVAL=${interval}`,
    localRetentionDurationSeconds: seconds,
    remoteRetentionDurationSeconds: seconds,
    replication: true
  }
  return { name: describeRecurrence(rule), ...rule }
}

/** `every day at 02:00`, `every 6 hours` of a rule; the rule itself where it says more. */
export function describeRecurrence({ rrule, dtstart }: Pick<Rule, 'rrule' | 'dtstart'>): string {
  const parts = new Map(rrule.split(';').map((part) => part.split('=') as [string, string]))
  const found = Object.entries(frequencies).find(([, name]) => name === parts.get('FREQ'))
  const others = [...parts.keys()].filter(
    (name) => name !== 'FREQ' && name !== 'INTERVAL' && name !== ''
  )
  if (found === undefined || others.length > 0) return `${rrule} from ${dtstart}`
  const [unit] = found
  const interval = Number(parts.get('INTERVAL') ?? 1)
  const every = interval === 1 ? `every ${unit}` : `every ${interval} ${unit}s`
  const time = dtstart.slice(11, 16)
  const day = new Date(`${dtstart.slice(0, 10)}T00:00:00Z`)
  if (unit === 'week') return `${every} on ${weekdays[day.getUTCDay()]} at ${time}`
  if (unit === 'month') return `${every} on day ${day.getUTCDate()} at ${time}`
  return unit === 'day' || time !== '00:00' ? `${every} at ${time}` : every
}

/** `every day at 02:00, kept 7 days` */
export function describeRule(rule: Rule): string {
  const kept = rule.localRetentionDurationSeconds
  return `${describeRecurrence(rule)}, kept ${kept === 0 ? 'until deleted' : formatDuration(kept)}`
}
