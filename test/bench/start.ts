import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { type Call, median, startBuilt, tenTimes } from '../helper/built-start.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

/**
 * `npm run bench:start [-- dist/cli.js of another build]`: what a start of the built bridge costs,
 * and how long the calls take that come right behind it, in front of a simulated cluster. Wall time
 * in milliseconds, CPU time of the bridge's main thread from Linux's /proc; the median of several starts.
 */
const rounds = 5
const [cli] = process.argv.slice(2)

const simulator = await startSimulator()
const home = mkdtempSync(join(tmpdir(), 'scale-bridge-start-'))

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
async function measure(call: Call, waitMs: number): Promise<Figures> {
  const bridge = await startBuilt({
    home,
    settings: clusterSettings(simulator),
    ...(cli === undefined ? {} : { cli })
  })
  try {
    await sleep(waitMs)
    const taken = await tenTimes(bridge, call)
    await sleep(Math.max(0, 1500 - waitMs))
    const [first, tenth] = [taken[0], taken.at(-1)]
    if (first === undefined || tenth === undefined) throw new Error('No call was sent')
    return {
      'listening ms': bridge.listeningMs,
      'listening CPU': bridge.listeningCpuMs,
      'health ms': bridge.healthMs,
      'first call': first.ms,
      'tenth call': tenth.ms,
      'slower by': first.ms - tenth.ms,
      'more CPU': first.cpuMs - tenth.cpuMs,
      'CPU in all': bridge.cpuMs()
    }
  } finally {
    await bridge.end()
  }
}

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
