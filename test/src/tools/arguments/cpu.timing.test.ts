import * as fc from 'fast-check'
import t from 'tap'
import { runApi } from '../../../../routes/run-api.ts'
import { tools } from '../../../../routes/index.ts'
import { openCatalog } from '../../../../src/catalog/import/import.ts'
import { searchIn } from '../../../../src/catalog/search/search.ts'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import { maxLargeBodyBytes } from '../../../../src/lib/http/http-limits.ts'
import { nestedTooDeep } from '../../../../src/lib/json/json.ts'
import { isNestedTooDeep } from '../../../../src/lib/json/json-depth.ts'
import { describePayload } from '../../../../src/tools/call/log-payload.ts'
import { coerceArguments } from '../../../../src/tools/arguments/coerce.ts'
import { validateArguments } from '../../../../src/tools/arguments/validate.ts'
import { refuseBeyondLimits } from '../../../../src/tools/call/call-tool.ts'
import type { Tool, ToolContext } from '../../../../src/tools/define-tool.ts'

const maxMs = 100

const { catalog } = await openCatalog(undefined, [])
const context = { catalog, search: searchIn(catalog) } as unknown as ToolContext
// Built in pieces after the start; no body pays for it.
context.search.search('vm', { limit: 1 })

/** All that is done with a body before anything is asked of the cluster. */
async function take(tool: Tool, text: string): Promise<void> {
  if (isNestedTooDeep(text)) throw new BridgeError('INVALID_ARGUMENT', nestedTooDeep('The body'))
  const given: unknown = JSON.parse(text)
  refuseBeyondLimits(given)
  const { args, problems } = coerceArguments(tool, given)
  validateArguments(tool, args, problems)
  describePayload(args['payload'])
  if (tool.name === 'run_api') await runApi.vmsOf?.(context, args as never)
}

/** CPU time of one body, in ms. */
async function costOf(tool: Tool, text: string): Promise<number> {
  const before = process.cpuUsage()
  try {
    await take(tool, text)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The same without what the machine does beside it: compiling, collecting garbage. */
async function leastCost(tool: Tool, text: string): Promise<number> {
  let least = Infinity
  for (let i = 0; i < 4 && least >= maxMs; i++) least = Math.min(least, await costOf(tool, text))
  return least
}

const within = (text: string): string =>
  Buffer.byteLength(text) <= maxLargeBodyBytes ? text : '{}'

const byName = new Map(tools.map((tool) => [tool.name, tool]))
const action = { query: '/VirDomain/action', method: 'POST' }
const newVm = { query: '/VirDomain', method: 'POST' }
const times = <T>(count: number, item: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => item(i))
const keys = (count: number, value: unknown): object =>
  Object.fromEntries(times(count, (i) => [`k${i}`, value]))

t.test('the worst that is known, as large as is taken', async (t) => {
  const wrongItem = { virDomainUUIDs: 'x', actionTyp: 'STPO', a: 1, b: 2 }
  const rows: [tool: string, body: unknown][] = [
    ['run_api', { ...action, payload: times(1000, () => wrongItem) }],
    ['run_api', { ...action, payload: times(20_000, () => wrongItem) }],
    ['run_api', { ...action, payload: JSON.stringify(times(1000, () => wrongItem)) }],
    ['run_api', { ...action, payload: times(1000, () => 7) }],
    ['run_api', { ...newVm, payload: keys(500, 1) }],
    ['run_api', { ...newVm, payload: { dom: { blockDevs: times(1000, () => ({ capacit: 1 })) } } }],
    ['run_api', { ...newVm, payload: { description: 'x'.repeat(1_000_000) } }],
    ['run_api', { query: `/${'a/'.repeat(900)}`, method: 'GET' }],
    ['run_api', keys(500, 'x')],
    ['run_api', keys(100_000, 1)],
    ['createVM', { name: 'x', disks: times(1000, () => ({ size: 'x' })) }],
    ['createVM', { name: 'x', disks: '['.repeat(1_000_000) }],
    ['createVM', { name: 'x', cloudInitUserData: 'x\n'.repeat(500_000) }],
    ['createVM', { name: 'x', tags: 'a '.repeat(500_000) }],
    ['createVM', { name: 'x', tags: times(1000, () => 'word') }],
    ['updateVM', { vmUUID: 'x', tags: 'a,'.repeat(120_000) }],
    ['updateVM', { vmUUID: '1-'.repeat(120_000) }],
    ['changeVM_state', { vmUUID: 'x', actionType: 'a_'.repeat(120_000) }],
    ['vm_read', { filter: 'smb://a:'.repeat(30_000) }],
    ['vm_read', { fields: times(1000, () => 'x'.repeat(200)) }],
    ['vm_read', { fields: JSON.stringify(times(1000, () => 'x'.repeat(200))) }],
    ['fetch_vm', { name: '"\\"'.repeat(60_000) }]
  ]
  for (const [name, body] of rows) {
    const text = JSON.stringify(body)
    const ms = await leastCost(byName.get(name) as Tool, within(text))
    t.ok(ms < maxMs, `${name} ${text.slice(0, 60)}: ${ms.toFixed(1)} ms`)
  }
})

t.test('any body within the limits', async (t) => {
  const pieces = [
    'a',
    '1-',
    'a_',
    ' ',
    '"',
    '\\',
    '[',
    '{"a":',
    ',',
    'é',
    '\u202e',
    'smb://a:b',
    '%'
  ]
  const long = fc
    .tuple(fc.constantFrom(...pieces), fc.integer({ min: 1, max: 500_000 }))
    .map(([piece, length]) => piece.repeat(Math.ceil(length / piece.length)))
  const small = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ maxLength: 40 }))
  const value = fc.oneof(
    { weight: 3, arbitrary: long },
    {
      weight: 3,
      arbitrary: fc
        .tuple(small, fc.integer({ min: 1, max: 1100 }))
        .map(([item, n]) => times(n, () => item))
    },
    {
      weight: 2,
      arbitrary: fc.tuple(small, fc.integer({ min: 1, max: 520 })).map(([item, n]) => keys(n, item))
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 110 }))
        .map(([outer, inner]) => times(outer, () => keys(inner, 'x')))
    },
    { weight: 2, arbitrary: small }
  )
  const body = fc.constantFrom(...tools).chain((tool) => {
    const names = [...Object.keys(tool.input.properties), 'arguments', 'unknown_one']
    const fixed = tool.name === 'run_api' ? fc.constantFrom(action, newVm, {}) : fc.constant({})
    return fc.record({
      tool: fc.constant(tool),
      args: fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 4 }),
      fixed,
      asText: fc.boolean()
    })
  })
  let slowest = 0
  await fc.assert(
    fc.asyncProperty(body, async ({ tool, args, fixed, asText }) => {
      const plain = JSON.stringify({ ...args, ...fixed })
      const text = within(asText ? JSON.stringify(plain) : plain)
      const ms = await leastCost(tool, text)
      slowest = Math.max(slowest, ms)
      return ms < maxMs
    }),
    { numRuns: 300, endOnFailure: true }
  )
  t.comment(`the slowest took ${slowest.toFixed(1)} ms`)
  t.ok(slowest < maxMs)
})
