import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { cliPath } from '../helper/run-cli.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

/**
 * `npm run bench:start [-- dist/cli.js of another build]`: what a start of the built bridge costs,
 * and how long the calls take that come right behind it, in front of a simulated cluster. Wall time
 * in milliseconds, CPU time of the bridge's main thread from Linux's /proc; the median of several starts.
 */
const rounds = 5
const token = 'bench-token-0123456789'
const [cli = cliPath] = process.argv.slice(2)

const simulator = await startSimulator()
const home = mkdtempSync(join(tmpdir(), 'scale-bridge-start-'))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** CPU milliseconds of a process's main thread so far; NaN where there is no /proc. */
function cpuOf(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return Number.NaN
  }
}

interface Call {
  path: string
  body?: object
}

const vmRead: Call = { path: '/vm_read', body: { limit: 5 } }

/** What is asked first, ten times over, by the name of the row. */
const firstCalls: Record<string, Call> = {
  'GET /openapi.json': { path: '/openapi.json' },
  vm_read: vmRead,
  query_api: { path: '/query_api', body: { query: 'take a snapshot of a VM' } },
  'MCP tools/list': { path: '/mcp', body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }
}

const waits = { 'at once': 0, 'after 1 s': 1000 }

type Figures = Record<string, number>

/** One start, and the calls that follow. */
async function measure(calls: Call, waitMs: number): Promise<Figures> {
  const port = await freePort()
  const agent = new Agent({ keepAlive: true })
  const send = async ({ path, body }: Call): Promise<number> => {
    const startedAt = performance.now()
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream;q=0.1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      }
    })
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    const answer = await text(response)
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${answer}`)
    return performance.now() - startedAt
  }

  const startedAt = performance.now()
  const child = spawn(process.execPath, [cli, 'serve'], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      PORT: String(port),
      LOG_LEVEL: 'info',
      MCP_BEARER_TOKEN: token,
      ...clusterSettings(simulator),
      SCALE_SESSION_FILE: join(home, `session-${port}.json`)
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = once(child, 'exit')
  try {
    // Not asked before it listens: that would slow it down.
    await new Promise<void>((resolve, reject) => {
      let printed = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          printed += chunk.toString()
          if (/listen(s|ing)\b/.test(printed)) resolve()
        })
      child.once('exit', () => reject(new Error(`The bridge ended: ${printed}`)))
    })
    const listeningMs = performance.now() - startedAt
    const listeningCpu = cpuOf(child.pid)
    await send({ path: '/health' })
    const healthMs = performance.now() - startedAt
    await sleep(waitMs)
    const times: number[] = []
    const cpu: number[] = []
    for (let i = 0; i < 10; i++) {
      const before = cpuOf(child.pid)
      times.push(await send(calls))
      cpu.push(cpuOf(child.pid) - before)
    }
    await sleep(Math.max(0, 1500 - waitMs))
    const [first = 0] = times
    const tenth = times.at(-1) ?? 0
    return {
      'listening ms': listeningMs,
      'listening CPU': listeningCpu,
      'health ms': healthMs,
      'first call': first,
      'tenth call': tenth,
      'slower by': first - tenth,
      'more CPU': (cpu[0] ?? 0) - (cpu.at(-1) ?? 0),
      'CPU in all': cpuOf(child.pid)
    }
  } finally {
    agent.destroy()
    child.kill('SIGKILL')
    await ended
  }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The median of each figure. */
const medians = (all: Figures[]): Figures =>
  Object.fromEntries(
    Object.keys(all[0] ?? {}).map((name) => [
      name,
      Number(median(all.map((each) => each[name] ?? Number.NaN)).toFixed(1))
    ])
  )

await measure(vmRead, 0)
const table: Record<string, Figures> = {}
for (const [name, call] of Object.entries(firstCalls))
  for (const [when, waitMs] of Object.entries(waits)) {
    const all: Figures[] = []
    for (let i = 0; i < rounds; i++) all.push(await measure(call, waitMs))
    table[`${name}, ${when}`] = medians(all)
  }
await simulator.close()
rmSync(home, { recursive: true })
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${rounds} starts a row`)
console.table(table)
