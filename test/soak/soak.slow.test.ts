import t from 'tap'
import { soak } from './soak.ts'

// `npm run soak` runs it for five minutes.
t.test('nothing is doubled, misreported or lost while everything fails now and then', async (t) => {
  const report = await soak(t, { seconds: 15, callsPerSecond: 20, seed: 7 })
  t.comment(JSON.stringify(report))
  t.ok(report.writes > 80 && report.left > 5, 'something was at stake')
  t.ok(report.told.done > report.writes / 2, 'most of it works')
  t.same(report.doubled, [])
  t.same(report.misreported, [])
  t.same(report.unaccounted, [])
  t.same(report.broken, [])
})
