import t from 'tap'
import { parseDuration } from '../../../../src/lib/time/duration.ts'
import { needsZone, parseTime } from '../../../../src/tools/filter/times.ts'
import { clockFields } from '../../../../src/views/clock.ts'
import { ZonedTime } from '../../../../src/views/zoned-time.ts'

const berlin = new ZonedTime('Europe/Berlin')
/** 02:30 in Berlin. */
const now = Date.parse('2026-11-29T01:30:00Z')
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19)

t.test('durations', async (t) => {
  for (const [text, seconds] of [
    ['90s', 90],
    ['90m', 5400],
    ['5 min', 300],
    ['24 hours', 86_400],
    ['36 hrs', 129_600],
    ['7d', 604_800],
    ['1.5 days', 129_600],
    ['2 weeks', 1_209_600]
  ] as const)
    t.equal(parseDuration(text), seconds * 1000, text)
  for (const text of ['7', 'd', '7 months', '1y', '-3d', '7d ago', ''])
    t.equal(parseDuration(text), undefined, text)
})

t.test('times are those of the zone, as long as they are exact', async (t) => {
  for (const [text, from, to] of [
    ['2026-11-28', '2026-11-27T23:00:00', '2026-11-28T23:00:00'],
    ['today', '2026-11-28T23:00:00', '2026-11-29T23:00:00'],
    ['Yesterday', '2026-11-27T23:00:00', '2026-11-28T23:00:00'],
    // The days on which the clock is changed have 23 and 25 hours.
    ['2026-03-29', '2026-03-28T23:00:00', '2026-03-29T22:00:00'],
    ['2026-10-25', '2026-10-24T22:00:00', '2026-10-25T23:00:00'],
    ['2026-12-31', '2026-12-30T23:00:00', '2026-12-31T23:00:00'],
    ['2026-11-28T14:00', '2026-11-28T13:00:00', '2026-11-28T13:01:00'],
    ['2026-11-28 14:00:30', '2026-11-28T13:00:30', '2026-11-28T13:00:31'],
    ['2026-11-28T14:00Z', '2026-11-28T14:00:00', '2026-11-28T14:01:00'],
    ['2026-11-28T14:00:00+02:00', '2026-11-28T12:00:00', '2026-11-28T12:00:01'],
    ['now', '2026-11-29T01:30:00', '2026-11-29T01:30:01'],
    ['3d ago', '2026-11-26T01:30:00', '2026-11-26T01:30:01']
  ] as const) {
    const span = parseTime(text, { now, zone: berlin })
    t.same([iso(span?.from ?? 0), iso(span?.to ?? 0)], [from, to], text)
  }
  for (const text of ['', 'soon', '2026-13-01', '2026-11', '28.11.2026', '14:00', '7d'])
    t.equal(parseTime(text, { now, zone: berlin }), undefined, text)
})

t.test('the zone is asked for only where it decides', async (t) => {
  for (const text of ['created>2026-11-01', 'takenAt:yesterday', 'x>2026-11-01T10:00'])
    t.equal(needsZone(text), true, text)
  for (const text of [
    'state:RUNNING',
    'older:7d',
    'x>2026-11-01T10:00Z',
    'x>2026-11-01T10:00:00+01:00'
  ])
    t.equal(needsZone(text), false, text)
})

t.test("the cluster's clock", async (t) => {
  const at = { bridge: now, cluster: now }
  for (const [zone, time] of [
    ['Europe/Berlin', 'Sun 2026-11-29 02:30:00 UTC+01:00'],
    ['Asia/Kolkata', 'Sun 2026-11-29 07:00:00 UTC+05:30'],
    ['US/Eastern', 'Sat 2026-11-28 20:30:00 UTC-05:00'],
    ['UTC', 'Sun 2026-11-29 01:30:00 UTC']
  ] as const)
    t.same(clockFields({ ...at, zone: new ZonedTime(zone) }), { time, timeZone: zone })
  t.same(clockFields({ ...at, zone: new ZonedTime('Mars/Olympus') }), {
    time: 'Sun 2026-11-29 01:30:00 UTC',
    timeZone: 'unknown, so UTC'
  })
  t.match(clockFields({ zone: berlin, bridge: now }).time, /UTC\+01:00, the bridge's clock$/)
  t.match(
    clockFields({ zone: berlin, bridge: now, cluster: now - 300_000 }).time,
    /, 5 min behind the bridge$/
  )
  t.match(clockFields({ zone: berlin, bridge: now, cluster: now + 59_000 }).time, /UTC\+01:00$/)
})
