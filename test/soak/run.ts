// npm run soak -- --minutes N --plan FILE
import { closeSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageRoot } from '../../src/lib/package-info.ts'
import { readPlan } from '../../src/simulator/plan/plan-file.ts'
import { isSoakMutant, soakMutantNames } from './mutants.ts'
import { reportText } from './report.ts'
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
    /** Prints each event of the plan. */
    events: { type: 'boolean', default: false }
  }
})

const { mutant } = values
if (mutant !== undefined && !isSoakMutant(mutant))
  throw new Error(`--mutant is one of: ${soakMutantNames.join('; ')}`)

const badDays = join(packageRoot, 'examples/bad-days')
const files = values.plan ?? readdirSync(badDays).map((name) => join(badDays, name))
const plans = files.map((file) => ({
  name: basename(file, '.json'),
  plan: readPlan(readFileSync(file, 'utf8'), 3)
}))
const say = (line: string): void => console.error(line)
const log = values.log === undefined ? undefined : openSync(values.log, 'w')

const report = await soak({
  seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
  callsPerSecond: Number(values.rate),
  seed: Number(values.seed),
  pace: Number(values.pace),
  plans,
  progress: say,
  ...(mutant !== undefined && { mutant }),
  ...(log !== undefined && { log }),
  ...(values.events && { told: say })
})
if (log !== undefined) closeSync(log)
console.log(reportText(report))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.passed ? 0 : 1
