import { encode } from 'gpt-tokenizer/encoding/o200k_base'
import { request } from 'undici'
import { startTestBridge } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { rpc, rpcHeaders } from '../helper/mcp-raw.ts'

/**
 * `npm run bench:mcp`: one tool over REST and over `/mcp` in both eras, side by side in one run, and
 * the size of the tool list. One process holds the client, the bridge and the simulated cluster, so
 * the figures compare; they are no limits.
 */
const rounds = 3
const secondsEach = 1
const atOnce = 8

const closing: (() => unknown)[] = []
const bridge = await startTestBridge(
  { teardown: (handler) => void closing.unshift(handler) },
  { config: { logLevel: 'warn' } }
)

interface Way {
  name: string
  path: string
  headers: Record<string, string>
  body: string
}

function waysOf(tool: string, args: Record<string, unknown>): Way[] {
  const rest = rpcHeaders('legacy', bridge.token)
  return [
    {
      name: 'REST',
      path: `/${tool}`,
      headers: { ...rest, accept: 'application/json' },
      body: JSON.stringify(args)
    },
    ...eras.map((era) => ({
      name: `/mcp ${era}`,
      path: '/mcp',
      headers: rpcHeaders(era, bridge.token, 'tools/call', tool),
      body: JSON.stringify(rpc(era, 'tools/call', { name: tool, arguments: args }))
    }))
  ]
}

async function once({ path, headers, body }: Way): Promise<string> {
  const { statusCode, body: answer } = await request(bridge.url + path, {
    method: 'POST',
    headers,
    body
  })
  const text = await answer.text()
  if (statusCode !== 200 || text.includes('"isError":true'))
    throw new Error(`${statusCode} ${text}`)
  return text
}

/** Milliseconds of each call, so many at a time for so long. */
async function run(way: Way, seconds: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now()
      await once(way)
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return times
}

const at = (sorted: number[], share: number): string =>
  (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)

const print = (...cells: (string | number)[]): void => {
  const [first = '', ...rest] = cells.map(String)
  process.stdout.write(`${first.padEnd(22)}${rest.map((cell) => cell.padStart(12)).join('')}\n`)
}

const tools: [string, Record<string, unknown>][] = [
  ['get_session', {}],
  ['ping_read', {}],
  ['vm_read', { limit: 20 }]
]
print(`${atOnce} at once`, 'calls/s', 'p50 ms', 'p99 ms', 'of REST')
for (const [tool, args] of tools) {
  const ways = waysOf(tool, args).map((way) => ({ way, times: [] as number[] }))
  for (const { way } of ways) await run(way, secondsEach / 2)
  for (let i = 0; i < rounds; i++)
    for (const each of ways) each.times.push(...(await run(each.way, secondsEach)))
  const rest = ways[0]?.times.length ?? 1
  for (const { way, times } of ways) {
    const sorted = times.toSorted((a, b) => a - b)
    const rate = Math.round(times.length / rounds / secondsEach)
    print(
      `${tool} ${way.name}`,
      rate,
      at(sorted, 0.5),
      at(sorted, 0.99),
      (times.length / rest).toFixed(2)
    )
  }
}

interface Listed {
  result: { tools: { name: string; description: string; inputSchema: object }[] }
}
process.stdout.write('\n')
print('tool list', 'tools', 'tokens', 'bytes')
for (const era of eras) {
  const text = await once({
    name: '',
    path: '/mcp',
    headers: rpcHeaders(era, bridge.token),
    body: JSON.stringify(rpc(era, 'tools/list'))
  })
  const listed = (JSON.parse(text) as Listed).result.tools
  const seen = JSON.stringify(
    listed.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
  )
  print(`as sent, ${era}`, listed.length, encode(text).length, Buffer.byteLength(text))
  if (era === 'legacy')
    print('as a model sees it', listed.length, encode(seen).length, Buffer.byteLength(seen))
}
for (const close of closing) await close()
