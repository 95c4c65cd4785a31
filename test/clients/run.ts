import { parseArgs } from 'node:util'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { Unavailable } from '../conformance/packages.ts'
import { withOwner } from '../eval/owner.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { clients } from './clients.ts'
import { pageOf } from './report.ts'
import { type ClientOutcome, tryClient } from './try-client.ts'

/**
 * `npm run try:clients [-- --only PATTERN] [--write]`: programs of others that use MCP servers, each in
 * front of a demo of its own: one read, one write, one refusal, one long call. What cannot be fetched is
 * skipped, and said. `--write` puts the table into the documentation.
 */
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } }
})
const chosen = clients.filter(({ name }) => new RegExp(values.only, 'i').test(name))
if (chosen.length === 0) {
  console.error(`No client matches ${values.only}: ${clients.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const all: ClientOutcome[] = []
for (const client of chosen) {
  try {
    const tried = await withOwner((owner) => tryClient(owner, client))
    all.push(tried)
    for (const { step, passed, problem } of tried.outcomes)
      console.log(
        `${passed ? 'ok' : 'FAILED'}  ${client.name}: ${step}${problem === undefined ? '' : ` - ${problem}`}`
      )
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    console.log(`skipped  ${client.name}: ${error.message}`)
  }
}
const file = join(packageRoot, 'docs/clients/tried.md')
const page = await format(pageOf(all), { ...(await resolveConfig(file)), parser: 'markdown' })
console.log(`\n${page}`)
// With only some of the clients, the page would be incomplete.
if (values.write && all.length === clients.length) await writeFile(file, page)
process.exitCode = all.some(({ outcomes }) => outcomes.some(({ passed }) => !passed)) ? 1 : 0
