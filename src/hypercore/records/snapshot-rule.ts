const daySeconds = 86_400

/** The longest that each may be. */
const periods: Readonly<Record<string, number>> = {
  SECONDLY: 1,
  MINUTELY: 60,
  HOURLY: 3600,
  DAILY: daySeconds,
  WEEKLY: 7 * daySeconds,
  MONTHLY: 31 * daySeconds,
  YEARLY: 366 * daySeconds
}

const week = 7 * daySeconds

const weekdays = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/** Parts that make a rule end, or skip runs that cannot be determined without a calendar. */
const beyond = ['COUNT', 'UNTIL', 'BYMONTH', 'BYYEARDAY', 'BYWEEKNO', 'BYSETPOS']

/** Seconds between two of these days of the week that follow each other, at most. */
function longestGapOfDays(days: readonly string[]): number | undefined {
  const at = days.map((day) => weekdays.indexOf(day)).toSorted((a, b) => a - b)
  if (at.length === 0 || at.includes(-1)) return undefined
  const gaps = at.map((day, i) => (at[i + 1] ?? (at[0] ?? 0) + 7) - day)
  return Math.max(...gaps) * daySeconds
}

/**
 * The longest time in seconds between two runs of a rule of a snapshot schedule (RFC 2445, FACTS 8.2:
 * S), such as 86400 for `FREQ=DAILY;INTERVAL=1`. Undefined where the rule ends, or the
 * time cannot be determined.
 */
export function longestGap(rrule: string): number | undefined {
  const parts = new Map(
    rrule.split(';').map((part) => {
      const [name = '', value = ''] = part.trim().toUpperCase().split('=')
      return [name, value] as const
    })
  )
  const frequency = parts.get('FREQ') ?? ''
  const interval = Number(parts.get('INTERVAL') ?? 1)
  const period = Object.hasOwn(periods, frequency) ? periods[frequency] : undefined
  if (period === undefined || !Number.isInteger(interval) || interval < 1) return undefined
  if (beyond.some((name) => parts.has(name))) return undefined
  const days = parts.get('BYDAY')
  const isByHour = parts.has('BYHOUR') && period < daySeconds
  const gap = Math.max(period * interval, isByHour ? daySeconds : 0)
  const isOnDays = days !== undefined || parts.has('BYMONTHDAY')
  if (frequency === 'MONTHLY') return isOnDays ? gap + week : gap
  if (parts.has('BYMONTHDAY')) return undefined
  if (days === undefined || frequency === 'YEARLY' || (frequency === 'WEEKLY' && interval > 1))
    return gap
  const between = longestGapOfDays(days.split(','))
  return between === undefined ? undefined : Math.max(between, frequency === 'WEEKLY' ? 0 : gap)
}

/** The same of a whole schedule: that of the rule that runs most often; undefined where unknown. */
export function scheduleGap(rules: readonly { rrule: string }[]): number | undefined {
  const gaps = rules.map(({ rrule }) => longestGap(rrule)).filter((gap) => gap !== undefined)
  return gaps.length === 0 ? undefined : Math.min(...gaps)
}
