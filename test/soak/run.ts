import { parseArgs } from 'node:util'
import { soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    rate: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' }
  }
})

const teardowns: (() => unknown)[] = []
const owner = { teardown: (handler: () => unknown) => void teardowns.push(handler) }

const report = await soak(owner, {
  seconds: Number(values.seconds),
  callsPerSecond: Number(values.rate),
  seed: Number(values.seed)
})
console.log(JSON.stringify(report, null, 2))
for (const teardown of teardowns.toReversed()) await teardown()
const faults = [report.doubled, report.misreported, report.unaccounted, report.broken]
process.exitCode = faults.some((found) => found.length > 0) ? 1 : 0
