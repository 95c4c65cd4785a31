import { type JobFigures, jobs, measureJobs, surfaces } from './jobs.ts'
import { withOwner } from './owner.ts'

/** Prints what an operator's jobs take: `npm run eval:jobs [-- 100 1000]` */
const sizes = process.argv.slice(2).map(Number)
const vms = sizes.length > 0 ? sizes : [100, 1000]
const figures = await withOwner(async (owner) => {
  const all: JobFigures[] = []
  for (const size of vms)
    for (const surface of surfaces) all.push(...(await measureJobs(owner, size, surface)))
  return all
})
const columns = vms.flatMap((size) => surfaces.map((surface) => ({ size, surface })))
const head = [
  'job',
  'before: calls, tokens, raw',
  'calls',
  ...columns.map(({ size, surface }) => `${size} VMs, ${surface}`)
]
const lines = jobs.map(({ name, before }) => {
  const own = figures.filter(({ job }) => job === name)
  const cells = columns.map(({ size, surface }) => {
    const found = own.find((each) => each.vms === size && each.surface === surface)
    return `${found?.tokens}${found?.isDone === true ? '' : ' NOT DONE'}`
  })
  return [name, `${before.calls}, ${before.tokens}, ${before.raw}`, String(own[0]?.calls), ...cells]
})
for (const row of [head, head.map(() => '---'), ...lines]) console.log(`| ${row.join(' | ')} |`)
