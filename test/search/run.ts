// npm run search -- --runs N --seed S
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Scenario } from './commands.ts'
import { mutantNames } from './mutants.ts'
import { replay, searchAtOnce, sum } from './search.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    /** The number of searches at once, with consecutive seeds. */
    'at-once': { type: 'string', default: '4' },
    commands: { type: 'string', default: '40' },
    /** Ends after this number of seconds. */
    seconds: { type: 'string' },
    /** One of test/search/mutants.ts. */
    mutant: { type: 'string' },
    /** By `scale-bridge serve`, built before. */
    served: { type: 'boolean', default: false },
    /** A file with a run that was found. */
    replay: { type: 'string' }
  }
})

const teardowns: (() => unknown)[] = []
const owner = { teardown: (handler: () => unknown) => void teardowns.push(handler) }
const mutant = mutantNames.find((name) => name === values.mutant)
if (values.mutant !== undefined && mutant === undefined)
  throw new Error(`--mutant is one of: ${mutantNames.join('; ')}`)

if (values.replay !== undefined) {
  const scenario = JSON.parse(readFileSync(values.replay, 'utf8')) as Scenario
  const violations = await replay(owner, scenario, mutant)
  console.log(JSON.stringify(violations, null, 2))
  process.exitCode = violations.length > 0 ? 1 : 0
} else {
  const begun = performance.now()
  const reports = await searchAtOnce(owner, {
    runs: Number(values.runs),
    seed: Number(values.seed),
    atOnce: Number(values['at-once']),
    commands: Number(values.commands),
    served: values.served,
    shrinks: true,
    ...(mutant !== undefined && { mutant }),
    ...(values.seconds !== undefined && { limitMs: Number(values.seconds) * 1000 }),
    found: (violations, { commands }) => {
      for (const { property, what } of violations)
        console.error(`${commands.length} commands: ${property}: ${what}`)
    },
    progress: ({ runs, calls, writes }) => {
      if (runs % 10 === 0) console.error(`${runs} runs, ${calls} calls, ${writes} writes`)
    }
  })
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(JSON.stringify({ seconds, ...sum(reports) }))
  for (const { seed, counterexample } of reports) {
    if (counterexample === undefined) continue
    for (const { property, what } of counterexample.violations) console.log(`${property}: ${what}`)
    console.log(`Seed ${seed}; the run, for --replay FILE:`)
    console.log(JSON.stringify(counterexample.scenario))
    process.exitCode = 1
  }
}
for (const teardown of teardowns.toReversed()) await teardown()
