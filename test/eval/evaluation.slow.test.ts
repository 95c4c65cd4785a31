import t from 'tap'
import { errorStatus, type ErrorCode } from '../../src/lib/errors/errors.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { readPage } from '../helper/docs.ts'
import { bounds, outsideBudget } from './aims.ts'
import { notMet } from './errors.ts'
import { evaluateAll } from './evaluation.ts'
import { idArgumentsOf, noIds } from './reachability.ts'
import { cellsOf, differences, tableIn, tableOf, tablePage, withTable } from './table.ts'

// Once for all: it is the work of half a minute.
const evaluation = await evaluateAll(t)
const { lists, hundredVms, answers, corpus, reachability, errors } = evaluation
const { tools } = (await startTestBridge(t)).app
const page = readPage(tablePage)

t.test('the list of tools leaves room for a conversation', async (t) => {
  t.equal(lists.openApi.tools, tools.size, 'OpenAPI lists all tools')
  t.equal(lists.mcp.tools, tools.size, 'MCP lists all tools')
  t.ok(lists.openApiCore.tools <= 15, 'the core is few tools')
  const { allTools, coreTools, coreToolsOverMcp } = bounds
  t.ok(lists.openApi.tokens <= allTools.ceiling, `${lists.openApi.tokens} over OpenAPI`)
  t.ok(lists.mcp.tokens <= allTools.ceiling, `${lists.mcp.tokens} over MCP`)
  t.ok(lists.openApiCore.tokens <= coreTools.ceiling, `${lists.openApiCore.tokens} for the core`)
  t.ok(lists.mcpCore.tokens <= coreToolsOverMcp.ceiling, `${lists.mcpCore.tokens} for it over MCP`)
})

t.test('no answer fills the window of a small model', async (t) => {
  t.equal(hundredVms.uuids, 100, '100 VMs as text have all their uuids')
  t.ok(hundredVms.tokens <= bounds.hundredVms.ceiling, `and are ${hundredVms.tokens} tokens`)
  for (const [tool, bySize] of answers) {
    if (outsideBudget.includes(tool)) continue
    for (const [vms, { json, text }] of bySize) {
      t.ok(json <= bounds.anyAnswer.ceiling, `${tool}, ${vms} VMs: ${json} as JSON`)
      t.ok(text <= bounds.anyAnswer.ceiling, `${tool}, ${vms} VMs: ${text} as text`)
    }
  }
})

t.test('malformed calls end as they must', async (t) => {
  t.ok(corpus.calls >= 120, `${corpus.calls} calls`)
  t.ok(corpus.misses.length <= bounds.corpusMisses.ceiling, `${corpus.misses.length} do not`)
  t.equal(corpus.wronglyCoerced, 0)
})

for (const [form, found] of Object.entries(reachability))
  t.test(`every id can be had from ${form} answers alone`, async (t) => {
    const unreached = found.filter(({ value }) => value === undefined)
    const names = unreached.map(({ tool, argument }) => `${argument} of ${tool}`).join(', ')
    t.ok(found.length > 20, 'there are ids to reach')
    t.ok(unreached.length <= bounds.unreached.ceiling, names || 'all are reached')
    for (const { tool, argument, value, refusesUnknown } of found)
      if (value !== undefined)
        t.ok(refusesUnknown, `${tool} refuses an unknown ${argument}: to take one means something`)
  })

t.test('every argument that takes an id is looked for', async (t) => {
  for (const tool of tools.values())
    for (const [name, { description }] of Object.entries(tool.input.properties))
      if (/uuids?\b/i.test(`${name} ${String(description)}`) && !noIds.includes(name))
        t.ok(idArgumentsOf(tool).includes(name), `${name} of ${tool.name}`)
})

t.test('every error that a caller can meet was met, and names a next step', async (t) => {
  const met = new Set(errors.map(({ code }) => code))
  for (const code of Object.keys(errorStatus) as ErrorCode[])
    t.equal(met.has(code), !(code in notMet), `${code} ${notMet[code] ?? 'is met'}`)
  const deadEnds = errors.filter(({ step }) => step === undefined)
  for (const { code, how, message } of deadEnds) t.comment(`${code}, ${how}: ${message}`)
  t.ok(deadEnds.length <= bounds.deadEnds.ceiling, `${deadEnds.length} of ${errors.length} do not`)
})

t.test('the table in the documentation is that of a new run', async (t) => {
  t.same(
    differences(cellsOf(tableIn(page)), cellsOf(tableOf(evaluation))),
    [],
    'run `npm run eval -- --write` and commit the change'
  )
  t.equal(withTable(withTable(page, 'old'), tableIn(page)), page, 'written as it stands')
})
