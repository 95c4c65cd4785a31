// npm run soak -- --minutes N --plan FILE
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { readPlan } from '../../src/simulator/plan/plan-file.ts'
import { isSoakMutant, soakMutantNames } from './mutants.ts'
import { reportMarkdown, reportText, type SoakReport } from './report.ts'
import { soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    /** May be repeated; without it all bad days of the examples. */
    plan: { type: 'string', multiple: true },
    rate: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    pace: { type: 'string', default: '5' },
    /** File for the report as JSON. */
    json: { type: 'string' },
    /** File for the log of the bridge. */
    log: { type: 'string' },
    /** One of test/soak/mutants.ts. */
    mutant: { type: 'string' },
    /** Only the first node is in the settings. */
    discover: { type: 'boolean', default: false },
    /** After each plan. */
    calm: { type: 'string', default: '10' },
    /** What else there is to say of the machine, for the page. */
    note: { type: 'string', default: '' },
    /** Prints each event of the plan. */
    events: { type: 'boolean', default: false },
    /** Writes the report into docs/bad-days.md. */
    write: { type: 'boolean', default: false }
  }
})

const { mutant } = values
if (mutant !== undefined && !isSoakMutant(mutant))
  throw new Error(`--mutant is one of: ${soakMutantNames.join('; ')}`)

/** What is between these marks of a page is written by this program. */
const page = join(packageRoot, 'docs/bad-days.md')
const measured = /(<!-- measured -->)[\s\S]*(<!-- \/measured -->)/

async function writePage(report: SoakReport): Promise<void> {
  const day = new Date().toISOString().slice(0, 10)
  const all = cpus()
  const where = `${all.length} × ${all[0]?.model ?? 'unknown'}, Node.js ${process.version}, ${day}${values.note === '' ? '' : `; ${values.note}`}.`
  const text = readFileSync(page, 'utf8').replace(measured, (_, begin: string, end: string) =>
    [begin, where, reportMarkdown(report), end].join('\n\n')
  )
  const config = await resolveConfig(page)
  writeFileSync(page, await format(text, { ...config, parser: 'markdown' }))
}

const badDays = join(packageRoot, 'examples/bad-days')
const files = values.plan ?? readdirSync(badDays).map((name) => join(badDays, name))
const plans = files.map((file) => {
  try {
    return { name: basename(file, '.json'), plan: readPlan(readFileSync(file, 'utf8'), 3) }
  } catch (error) {
    console.error(`--plan ${file}: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(2)
  }
})
const say = (line: string): void => console.error(line)
const log = values.log === undefined ? undefined : openSync(values.log, 'w')

const report = await soak({
  seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
  callsPerSecond: Number(values.rate),
  seed: Number(values.seed),
  pace: Number(values.pace),
  calmSeconds: Number(values.calm),
  plans,
  discover: values.discover,
  progress: say,
  ...(mutant !== undefined && { mutant }),
  ...(log !== undefined && { log }),
  ...(values.events && { told: say })
})
if (log !== undefined) closeSync(log)
console.log(reportText(report))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
if (values.write) await writePage(report)
process.exitCode = report.passed ? 0 : 1
