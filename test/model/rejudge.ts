import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { MadeCall } from '../../src/model-bench/talk.ts'
import { figuresOf, trustOf } from '../../src/model-bench/figures.ts'
import { RecordedModel } from '../../src/model-bench/recorded-model.ts'
import type { ReportedAttempt } from '../../src/model-bench/report.ts'
import { runBench } from '../../src/model-bench/run-bench.ts'
import { tasks as allTasks } from '../../src/model-bench/tasks/index.ts'
import { keptReports, reportPath } from '../docs/model-tables.ts'

/**
 * Judges the kept reports again, by their recorded replies, once the judge has changed:
 * `npm run rejudge:models`. What was measured stays: tokens, seconds, what the bridge said then. Where the bridge of
 * today does something else with the same calls, or the conversation ends elsewhere, the verdict of then stays, too.
 */
const outcome = ({ made }: ReportedAttempt): unknown =>
  made.map(({ tool, arguments: args, refused, writes }: MadeCall) => [tool, args, refused, writes])

for (const [name, report] of keptReports()) {
  const known = new Map(report.tasks.map(({ id, attempts }) => [id, attempts]))
  const { tasks } = await runBench({
    ...report,
    name: report.model,
    tasks: allTasks.filter(({ id }) => known.has(id)),
    now: Date.parse(report.date),
    modelOf: ({ id }, at) => new RecordedModel(known.get(id)?.[at]?.replies ?? [])
  })
  for (const { id, attempts } of tasks)
    for (const [at, is] of attempts.entries()) {
      const was = known.get(id)?.[at]
      if (was === undefined) continue
      const told = `${name} ${id} ${at + 1}: ${was.passed} -> ${is.passed}`
      if (was.turns !== is.turns || !isDeepStrictEqual(outcome(was), outcome(is))) {
        console.log(`${told}, left as it was: the same replies lead elsewhere now`)
        continue
      }
      const { passed, why, unsafe } = was
      if (!isDeepStrictEqual([passed, why, unsafe], [is.passed, is.why, is.unsafe]))
        console.log(`${told} (${is.why.join('; ')})`)
      Object.assign(was, { passed: is.passed, why: is.why, unsafe: is.unsafe })
      for (const [call, made] of is.made.entries())
        Object.assign(was.made[call] ?? {}, { unsafe: made.unsafe })
    }
  report.figures = figuresOf(report.tasks)
  report.trust = trustOf(report.tasks)
  writeFileSync(reportPath(name), `${JSON.stringify(report, undefined, 1)}\n`)
}
