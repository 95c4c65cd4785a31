import { setTimeout as sleep } from 'node:timers/promises'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { startTestBridge } from './bridge.ts'

/**
 * A process of its own, run with --expose-gc, that lists a cluster of 1,000 VMs ten times and prints
 * as JSON what that cost: milliseconds of the simulator's start, growth in MiB after six lists to warm up.
 * Memory is looked at once it has settled, as the last response is held for a moment after it was read.
 */
const closing: (() => unknown)[] = []
const owner = { teardown: (handler: () => unknown) => void closing.unshift(handler) }

const started = performance.now()
await (await startSimulator({ vms: 1000 })).close()
const startMs = Math.round(performance.now() - started)

const bridge = await startTestBridge(owner, { simulator: { vms: 1000 } })

async function settled(): Promise<NodeJS.MemoryUsage> {
  for (let turn = 0; turn < 3; turn++) {
    await sleep(50)
    global.gc?.()
  }
  return process.memoryUsage()
}

async function list(times: number): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < times; i++) {
    const { status } = await bridge.call('run_api', { query: '/VirDomain', method: 'GET' })
    if (status !== 200) throw new Error(`run_api responded with ${status}`)
    global.gc?.()
  }
  return settled()
}

const before = await list(6)
const after = await list(10)
const grownMiB = (kind: 'rss' | 'heapUsed'): number =>
  Math.round((after[kind] - before[kind]) / 2 ** 20)
process.stdout.write(
  JSON.stringify({ startMs, rssMiB: grownMiB('rss'), heapMiB: grownMiB('heapUsed') })
)
for (const close of closing) await close()
