import t from 'tap'
import { longestGap, scheduleGap } from '../../../../src/hypercore/records/snapshot-rule.ts'

const day = 86_400

t.test('the longest time between two runs of a rule', async (t) => {
  const gaps: [rule: string, seconds: number | undefined][] = [
    ['FREQ=MINUTELY;INTERVAL=5', 300],
    ['FREQ=HOURLY;INTERVAL=4', 4 * 3600],
    ['freq=hourly', 3600],
    ['FREQ=DAILY;INTERVAL=1', day],
    ['FREQ=DAILY;BYHOUR=2,14', day],
    ['FREQ=HOURLY;BYHOUR=8', day],
    ['FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR', 3 * day],
    ['FREQ=WEEKLY;BYDAY=SU', 7 * day],
    ['FREQ=WEEKLY;BYDAY=MO,TH', 4 * day],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH', 14 * day],
    ['FREQ=MONTHLY', 31 * day],
    ['FREQ=MONTHLY;BYDAY=1SU', 38 * day],
    ['FREQ=YEARLY', 366 * day],
    ['FREQ=DAILY;INTERVAL=1;', day],
    ['FREQ=DAILY;COUNT=3', undefined],
    ['FREQ=DAILY;UNTIL=20260101T000000Z', undefined],
    ['FREQ=DAILY;BYMONTHDAY=1', undefined],
    ['FREQ=DAILY;BYDAY=XX', undefined],
    ['FREQ=DAILY;INTERVAL=0', undefined],
    ['FREQ=DAILY;INTERVAL=x', undefined],
    ['FREQ=constructor', undefined],
    ['every night', undefined],
    ['', undefined]
  ]
  for (const [rule, seconds] of gaps) t.equal(longestGap(rule), seconds, rule)
})

t.test('a schedule runs as often as the rule that runs most', async (t) => {
  t.equal(scheduleGap([]), undefined)
  t.equal(scheduleGap([{ rrule: 'FREQ=DAILY;COUNT=1' }]), undefined)
  const rules = ['FREQ=DAILY', 'FREQ=HOURLY;INTERVAL=4', 'FREQ=DAILY;COUNT=1']
  t.equal(scheduleGap(rules.map((rrule) => ({ rrule }))), 4 * 3600)
})
