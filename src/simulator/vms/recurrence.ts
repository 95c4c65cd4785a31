const frequencies = [
  'SECONDLY',
  'MINUTELY',
  'HOURLY',
  'DAILY',
  'WEEKLY',
  'MONTHLY',
  'YEARLY'
] as const
const parts =
  /^(FREQ|INTERVAL|COUNT|UNTIL|WKST|BYSECOND|BYMINUTE|BYHOUR|BYDAY|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYMONTH|BYSETPOS)=([A-Z0-9,+-]+)$/
const positive = /^[1-9]\d{0,8}$/
const dtstartPattern = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/

const seconds = {
  SECONDLY: 1,
  MINUTELY: 60,
  HOURLY: 3600,
  DAILY: 86400,
  WEEKLY: 7 * 86400,
  MONTHLY: 30 * 86400,
  YEARLY: 365 * 86400
} satisfies Record<(typeof frequencies)[number], number>

/** Whether the text is local time as a rule's dtstart requires: `2010-01-01 00:00:00`. */
export const isDtstart = (text: string): boolean =>
  dtstartPattern.test(text) && !Number.isNaN(Date.parse(text.replace(' ', 'T')))

/**
 * Seconds between two occurrences of an RFC 2445 rule such as `FREQ=MINUTELY;INTERVAL=5`; undefined
 * for a malformed one. Months count 30 days and the BY parts are only checked: the simulator runs in
 * its own, scaled time, where days of the week mean nothing.
 */
export function intervalSeconds(rrule: string): number | undefined {
  const values = new Map<string, string>()
  for (const part of rrule.replace(/;$/, '').split(';')) {
    const [, name, value] = parts.exec(part) ?? []
    if (name === undefined || value === undefined || values.has(name)) return undefined
    values.set(name, value)
  }
  const frequency = frequencies.find((name) => name === values.get('FREQ'))
  const interval = values.get('INTERVAL') ?? '1'
  const count = values.get('COUNT') ?? '1'
  if (frequency === undefined || !positive.test(interval) || !positive.test(count)) return undefined
  return seconds[frequency] * Number(interval)
}
