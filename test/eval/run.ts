import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { evaluateAll } from './evaluation.ts'
import { withOwner } from './owner.ts'
import { tableOf, tablePage, withTable } from './table.ts'

/** Prints the table, and what is not as it should be; `--write` puts the table into its page. */
const evaluation = await withOwner(evaluateAll)
const table = tableOf(evaluation)
console.log(table)

const { corpus, reachability, errors } = evaluation
for (const { tool, text, why, verdict } of corpus.misses)
  console.log(
    `\nnot as it must be: ${tool} ${text.slice(0, 200)}\n  ${why}\n  ${JSON.stringify(verdict)}`
  )
for (const [form, found] of Object.entries(reachability))
  for (const { tool, argument, value } of found)
    if (value === undefined) console.log(`\nnot reached from ${form}: ${argument} of ${tool}`)
for (const { how, code, message, step } of errors)
  if (step === undefined) console.log(`\nno next step in ${code} (${how}):\n  ${message}`)

if (process.argv.includes('--write')) {
  const page = join(packageRoot, tablePage)
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), table))
}
