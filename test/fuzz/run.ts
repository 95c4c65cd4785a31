import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) }
  }
})

const report = await fuzz({ runs: Number(values.runs), seed: Number(values.seed) })
console.log(JSON.stringify(report, null, 2))
process.exitCode = report.violations.length > 0 ? 1 : 0
