import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { errorStatus, type ErrorCode } from '../../src/lib/errors/errors.ts'
import { isObject } from '../../src/lib/json/json.ts'
import { startTestBridge, type TestBridge, type ToolAnswer } from '../helper/bridge.ts'
import { eras } from '../helper/mcp-client.ts'
import { callRaw } from '../helper/mcp-raw.ts'
import { hostileArguments } from './arguments.ts'
import { elsewhere, hostileRawCall } from './paths.ts'

export interface FuzzOptions {
  seed: number
  /** Ends after this number of runs, or after `seconds`. */
  runs?: number
  seconds?: number
}

/** What a search found. */
export interface FuzzReport {
  seed: number
  runs: number
  /** Three for each run: over REST, and over both eras of MCP. */
  calls: number
  /** What of the calls the cluster was asked for. */
  upstream: number
  /** Of these, requests that write. */
  writes: number
  statuses: Record<string, number>
  violations: string[]
}

/** What is wrong elsewhere, and said to be. */
const upstream = /^(?:CLUSTER|LLM|DIRECTORY)_|^OUTCOME_UNKNOWN$/

/** Files beside the API that the bridge reads itself. */
const files = new Set(['/update/update_status.json'])

/** A target below /rest/v1 that no server can read as another one. */
export function isWithinApi(target: string): boolean {
  const [path = ''] = target.split('?', 1)
  if (files.has(path)) return true
  if (!/^\/rest\/v1\/[\x21-\x7e]*$/.test(path)) return false
  return !/\/\/|\\|%2f|%5c|%00|%0[ad]|#/i.test(path) && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)
}

/** Why a response over REST is not what the contract says; undefined where it is. */
function restProblem({ status, body, text, headers }: ToolAnswer): string | undefined {
  if (!String(headers['content-type']).startsWith('application/json')) return 'is not JSON'
  if (!isObject(body)) return 'is not an object'
  if (status < 300) return undefined
  const { error } = body
  if (!isObject(error)) return `has no error: ${text.slice(0, 200)}`
  const { code, message } = error
  if (typeof message !== 'string' || message.length < 10) return 'has no message'
  if (typeof code !== 'string' || !Object.hasOwn(errorStatus, code))
    return `has the code ${JSON.stringify(code)}`
  if (status >= 500 && !upstream.test(code)) return `is ${status} ${code}: ${message}`
  if (code !== 'CLUSTER_REFUSED' && errorStatus[code as ErrorCode] !== status)
    return `is ${status} with ${code}`
  return undefined
}

/** The same over MCP. */
function mcpProblem({ status, text }: ToolAnswer): string | undefined {
  const messages = text
    .split('\n')
    .map((line) => line.replace(/^data: ?/, ''))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const last = messages.at(-1)
  if (last === undefined) return `is no JSON-RPC: ${text.slice(0, 200)}`
  const { result, error } = last
  if (isObject(error)) {
    if (typeof error['code'] !== 'number' || typeof error['message'] !== 'string')
      return 'has an error without code or message'
    if (error['code'] === -32603) return `is an internal error: ${error['message']}`
    return status >= 500 ? `is ${status}` : undefined
  }
  if (status !== 200) return `is ${status}`
  if (!isObject(result) || !Array.isArray(result['content'])) return 'has no content'
  const [first] = result['content'] as unknown[]
  return isObject(first) && typeof first['text'] === 'string' ? undefined : 'has no text'
}

/** One bridge before one cluster, as long as the cluster is of use. */
interface Stage {
  bridge: TestBridge
  /** Writes that the cluster has seen, and those of the ledger. */
  close: () => Promise<void>
}

type Owner = { teardown(handler: () => unknown): void }

async function startStage(): Promise<Stage> {
  const teardowns: (() => unknown)[] = []
  const owner: Owner = { teardown: (handler) => void teardowns.push(handler) }
  const bridge = await startTestBridge(owner, {
    simulator: { nodes: 1, vms: 6, speed: 5_000 },
    config: { runApi: 'any', maxTargets: 1_000 },
    timings: { queueMs: 500 }
  })
  return {
    bridge,
    close: async () => {
      for (const teardown of teardowns.toReversed()) await teardown()
    }
  }
}

/** Calls on one cluster: what they leave behind must not decide on all that follow. */
const callsOfAStage = 300

/**
 * Calls all tools with arguments made from their own schemas and then spoilt, and `run_api` with paths
 * that try to lead elsewhere, over REST and both eras of MCP.
 */
export async function fuzz({ seed, runs, seconds }: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = {
    seed,
    runs: 0,
    calls: 0,
    upstream: 0,
    writes: 0,
    statuses: {},
    violations: []
  }
  const visitors: string[] = []
  const stranger = createServer((request, response) => {
    visitors.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const address = `127.0.0.1:${(stranger.address() as AddressInfo).port}`
  const escaped: unknown[] = []
  const onEscaped = (error: unknown): void => void escaped.push(error)
  process.on('unhandledRejection', onEscaped)
  process.on('uncaughtException', onEscaped)

  let stage = await startStage()
  let callsOnStage = 0
  const tools = [...stage.bridge.app.tools.values()]
  const { state } = stage.bridge.simulator.world
  const named = <T extends { uuid: string; name?: string }>(records: Map<string, T>): string[] =>
    [...records.values()].flatMap(({ uuid, name }) => (name === undefined ? [uuid] : [uuid, name]))
  const byEntity = {
    vm: named(state.virDomains),
    snapshot: [...state.snapshots.keys()].slice(0, 6),
    node: [...state.nodes.values()].flatMap(({ uuid, lanIP }) => [uuid, lanIP]),
    iso: named(state.isos)
  }
  const pools = { byEntity, known: Object.values(byEntity).flat() }
  const call = fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...tools)
        .chain((tool) => fc.tuple(fc.constant(tool.name), hostileArguments(tool, pools)))
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constant('run_api'), hostileRawCall as fc.Arbitrary<unknown>)
    }
  )

  /** Checks what a stage has seen so far for what must not occur. */
  async function look(): Promise<void> {
    const { simulator, app, log } = stage.bridge
    const seen = simulator.requests.splice(0)
    report.upstream += seen.length
    const writes = seen.filter(
      ({ method, path }) => method !== 'GET' && method !== 'OPTIONS' && !path.endsWith('/login')
    )
    report.writes += writes.length
    for (const { method, path } of seen)
      if (!isWithinApi(path)) throw new Error(`the cluster was asked for ${method} ${path}`)
    const entered = new Set(
      (await app.ledger.writes()).map(({ method, path }) => `${method} ${path}`)
    )
    for (const { method, path } of writes) {
      const [plain = ''] = path.replace('/rest/v1', '').split('?', 1)
      const isReading = plain.endsWith('/snapDiff') || plain.endsWith('/snapDiff/')
      if (!isReading && !entered.has(`${method} ${plain}`) && plain !== '/logout')
        throw new Error(`${method} ${path} is not in the ledger`)
    }
    const internal = log.splice(0).find((line) => line.includes('"level":50'))
    if (internal !== undefined) throw new Error(`the log has ${internal.slice(0, 1500)}`)
    if (visitors.length > 0) throw new Error(`another server was asked for ${visitors.join(', ')}`)
    const [first] = escaped.splice(0)
    if (first !== undefined) throw new Error('an error was caught by nobody', { cause: first })
    if ('polluted' in {}) throw new Error('the prototype of all objects was changed')
  }

  async function run([tool, args]: [string, unknown]): Promise<void> {
    if (callsOnStage >= callsOfAStage) {
      await stage.close()
      stage = await startStage()
      callsOnStage = 0
    }
    const { bridge } = stage
    const text = JSON.stringify(args ?? null).replaceAll(elsewhere, address)
    const given = JSON.parse(text) as unknown
    const [rest, ...overMcp] = await Promise.all([
      bridge.call(tool, text),
      ...eras.map((era) => callRaw(bridge, era, tool, given as Record<string, unknown>))
    ])
    report.runs += 1
    report.calls += 3
    callsOnStage += 3
    report.statuses[rest.status] = (report.statuses[rest.status] ?? 0) + 1
    const problems = [
      ['REST', restProblem(rest)],
      ...overMcp.map((each, i) => [`MCP ${eras[i]}`, mcpProblem(each)])
    ].filter(([, problem]) => problem !== undefined)
    await look()
    if (problems.length > 0)
      throw new Error(problems.map(([way, problem]) => `${way} ${problem}`).join('; '))
  }

  const ends = seconds === undefined ? Infinity : performance.now() + seconds * 1000
  let round = 0
  try {
    while (
      performance.now() < ends &&
      report.runs < (runs ?? Infinity) &&
      report.violations.length < 10
    ) {
      const details = await fc.check(fc.asyncProperty(call, run), {
        seed: seed + round,
        numRuns: Math.min(200, (runs ?? Infinity) - report.runs),
        endOnFailure: false,
        interruptAfterTimeLimit: Math.max(1, Math.min(ends - performance.now(), 2 ** 31 - 1)),
        markInterruptAsFailure: false
      })
      if (details.failed && details.counterexample !== null) {
        const cause = details.errorInstance
        const words =
          cause instanceof Error
            ? `${cause.message} ${cause.cause instanceof Error ? cause.cause.message : ''}`
            : ''
        report.violations.push(
          `seed ${seed + round}: ${JSON.stringify(details.counterexample).slice(0, 1500)}: ${words}`
        )
      }
      round += 1
    }
  } finally {
    process.off('unhandledRejection', onEscaped)
    process.off('uncaughtException', onEscaped)
    await stage.close()
    stranger.close()
  }
  return report
}
