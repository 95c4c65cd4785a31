import t from 'tap'
import type { FaultPlan } from '../../src/simulator/plan/plan-file.ts'
import { type Finding, soakMutantNames, soakMutants } from './mutants.ts'
import { reportText } from './report.ts'
import { prepareBridges, soak } from './soak.ts'
import { failingTasks, lostReplies, oneNode, tenSeconds } from './ten-seconds.ts'

t.setTimeout(900_000)

const plans = [{ name: 'ten seconds', plan: tenSeconds }]
/** A busy machine writes little in ten seconds: what is to be found meets its fault in all of that. */
const rehearsed: Partial<Record<Finding, FaultPlan>> = {
  doubled: lostReplies,
  misreported: failingTasks,
  recovery: oneNode
}
const options = { callsPerSecond: 15, seed: 7, pace: 5, plans }

// `npm run soak` plays the plans of examples/bad-days/.
t.test('nothing is doubled, misreported, wrong or left on a bad day', async (t) => {
  const report = await soak({ ...options, seconds: 10 })
  t.comment(reportText(report))
  const { writes, reads, left, repeated, faults, findings } = report
  t.ok(writes.asked > 40 && left > 5 && repeated > 5, 'something was at stake')
  t.ok(Object.keys(faults).length > 10, 'and went wrong')
  t.ok(reads.right > 30 && writes.told.done > writes.asked / 3, 'most of it works')
  // How soon something works again is a matter of the machine, too.
  const { recovery: _recovery, 'failed in peace': _failed, ...wrong } = findings
  for (const [name, found] of Object.entries(wrong)) t.same(found, [], name)
})

t.test('what is broken on purpose is found', async (t) => {
  const bridges = await prepareBridges()
  t.teardown(() => bridges.close())
  for (const mutant of soakMutantNames)
    await t.test(mutant, async (t) => {
      const { found } = soakMutants[mutant]
      const own = rehearsed[found] ?? tenSeconds
      // What never ends is not waited for, but for a node that may still come back.
      const settleMs = found === 'recovery' ? 20_000 : 4000
      const plans = [{ name: found, plan: own }]
      const report = await soak({ ...options, seconds: 10, settleMs, bridges, mutant, plans })
      t.ok(report.findings[found].length > 0, `${found}, in:\n${reportText(report)}`)
      t.not(report.passed, true)
    })
})
