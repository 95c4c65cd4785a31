import t from 'tap'
import type { FaultPlan } from '../../src/simulator/plan/plan-file.ts'
import { type Finding, type SoakMutant, soakMutantNames, soakMutants } from './mutants.ts'
import { reportText } from './report.ts'
import { prepareBridges, soak } from './soak.ts'
import { failingTasks, hardlyAnything, lostReplies, oneNode, tenSeconds } from './ten-seconds.ts'

t.setTimeout(900_000)

const plans = [{ name: 'ten seconds', plan: tenSeconds }]
/** A busy machine writes little in ten seconds: what is to be found meets its fault in all of that. */
const rehearsed: Partial<Record<Finding, FaultPlan>> = {
  doubled: lostReplies,
  misreported: failingTasks,
  unaccounted: hardlyAnything,
  'failed in peace': hardlyAnything,
  recovery: oneNode
}
const options = { callsPerSecond: 15, seed: 7, pace: 5, plans }
/** Limits that are a fifth of the product's are reached on a machine that is busy enough. */
const isSlowness = (found: string): boolean => /: CLUSTER_(?:TIMEOUT|BUSY) /.test(found)

// `npm run soak` plays the plans of examples/bad-days/.
t.test('nothing is doubled, misreported, wrong or left on a bad day', async (t) => {
  // How soon a node works again is a matter of the machine, too: three times what it may take.
  const generous = { calmSeconds: 5, recoveryMs: 40_000 }
  const report = await soak({ ...options, ...generous, seconds: 10 })
  t.comment(reportText(report))
  const { writes, reads, left, repeated, faults, findings } = report
  t.ok(writes.asked > 40 && left > 5 && repeated > 5, 'something was at stake')
  t.ok(Object.keys(faults).length > 10, 'and went wrong')
  t.ok(reads.right > 30 && writes.told.done > writes.asked / 3, 'most of it works')
  t.ok(reads.inPeace >= 22, `${reads.inPeace} reads had no fault near`)
  const { 'failed in peace': failed, ...wrong } = findings
  for (const [name, found] of Object.entries(wrong)) t.same(found, [], name)
  t.same(
    failed.filter((each) => !isSlowness(each)),
    [],
    'failed in peace'
  )
})

t.test('what is broken on purpose is found', async (t) => {
  const bridges = await prepareBridges()
  t.teardown(() => bridges.close())
  for (const mutant of soakMutantNames)
    await t.test(mutant, async (t) => {
      const { found, said }: SoakMutant = soakMutants[mutant]
      const own = rehearsed[found] ?? tenSeconds
      // What never ends is not waited for, but for a node that may still come back.
      const settleMs = found === 'recovery' ? 20_000 : 4000
      const calmSeconds = found === 'failed in peace' ? 10 : 0
      const plans = [{ name: found, plan: own }]
      const waits = { settleMs, calmSeconds }
      const report = await soak({ ...options, ...waits, seconds: 10, bridges, mutant, plans })
      const findings = report.findings[found].filter((each) => said?.test(each) ?? true)
      t.ok(findings.length > 0, `${found}, in:\n${reportText(report)}`)
      t.not(report.passed, true)
    })
})
