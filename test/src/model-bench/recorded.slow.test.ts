import t from 'tap'
import { RecordedModel } from '../../../src/model-bench/recorded-model.ts'
import { runBench } from '../../../src/model-bench/run-bench.ts'
import { tasks } from '../../../src/model-bench/tasks/index.ts'
import { keptReports } from '../../docs/model-tables.ts'
import { bench } from './attempts.ts'

/**
 * What passes now and did not when it was recorded, by report: it was said to an earlier bridge, which refused it.
 * Everything else comes to what the report says of it.
 */
const passesNow: Readonly<Record<string, readonly string[]>> = {
  'qwen2.5-coder-1.5b-all': ['nightly-schedule'],
  'qwen2.5-coder-1.5b-before': ['snapshot', 'start'],
  'qwen2.5-coder-1.5b-final': ['nightly-schedule'],
  'qwen2.5-coder-1.5b-mcp': ['nightly-schedule'],
  'qwen2.5-coder-1.5b-operator': ['snapshot', 'grow-by'],
  'qwen2.5-coder-1.5b-whole-after': ['nightly-schedule']
}

for (const [name, report] of keptReports())
  t.test(`what ${name} said, once more`, async (t) => {
    const replies = new Map(report.tasks.map(({ id, attempts }) => [id, attempts]))
    const again = await runBench({
      ...report,
      name: report.model,
      tasks: tasks.filter(({ id }) => replies.has(id)),
      now: Date.parse(report.date),
      modelOf: ({ id }, at) => new RecordedModel(replies.get(id)?.[at]?.replies ?? [])
    })
    t.ok(again.tasks.length > 0)
    for (const { id, attempts } of again.tasks) {
      const isNew = passesNow[name]?.includes(id) === true
      const expected = replies.get(id)?.map(({ passed }) => passed !== isNew)
      const is = attempts.map(({ passed }) => passed)
      t.same(is, expected, `${id}: ${attempts[0]?.why.join('; ')}`)
    }
  })

t.test(
  'a description that was filled in as the value of an argument keeps nothing from being done',
  async (t) => {
    const before = new Map(keptReports()).get('qwen2.5-coder-1.5b-before')
    const made = before?.tasks.find(({ id }) => id === 'snapshot')?.attempts[0]
    t.match(made, { passed: false, refused: 1, made: [{ arguments: /"plan":"approved"/ }] })
    const again = await bench('snapshot', made?.replies ?? [])
    t.match(again, { passed: true, refused: 0, coerced: 1 })
  }
)
