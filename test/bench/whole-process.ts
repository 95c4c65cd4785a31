import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { freePort } from '../helper/ports.ts'
import { cases, sentOf, type Sent } from './cases.ts'
import { Callers } from './load.ts'
import { bridgeEnv, type ClusterFacts, startBridgeParty, token } from './party.ts'

/** Milliseconds from the start of `scale-bridge serve`, the medians of some starts. */
export interface Start {
  /** To the line that says where it listens. */
  listening: number
  /** To the response of `/health`. */
  health: number
  /** To a 200 of `/ready`, for which it has asked the cluster. */
  ready: number
}

const starts = 7

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

/** One start, in a folder that the next one may find its keys and its session in. */
export async function startOnce(
  cluster: ClusterFacts,
  folder: string,
  cli: string
): Promise<Start> {
  const port = await freePort()
  const from = performance.now()
  const child = spawn(process.execPath, [cli, 'serve'], {
    cwd: folder,
    env: bridgeEnv(cluster, folder, port),
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const ended = once(child, 'exit')
  const since = (): number => performance.now() - from
  const status = async (path: string): Promise<number> => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`)
    await body.dump()
    return statusCode
  }
  try {
    // Not asked before it listens: that would slow it down.
    let printed = ''
    for await (const chunk of child.stdout) {
      printed += String(chunk)
      if (printed.includes('listens on')) break
    }
    const listening = since()
    await status('/health')
    const health = since()
    while ((await status('/ready')) !== 200) {
      if (since() > 20_000) throw new Error(`The bridge did not become ready: ${printed}`)
      await sleep(5)
    }
    return { listening, health, ready: since() }
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** Starts a bridge several times, in a folder that has its keys and its session already. */
export async function measureStart(
  cluster: ClusterFacts,
  folder: string,
  cli: string
): Promise<Start> {
  const own = mkdtempSync(join(folder, 'start-'))
  await startOnce(cluster, own, cli)
  const all: Start[] = []
  for (let i = 0; i < starts; i++) all.push(await startOnce(cluster, own, cli))
  return {
    listening: median(all.map(({ listening }) => listening)),
    health: median(all.map(({ health }) => health)),
    ready: median(all.map(({ ready }) => ready))
  }
}

/** Resident MiB of a bridge while it answers mixed calls, over REST and MCP, 16 at once. */
export interface Memory {
  calls: number
  /** When it has begun to listen. */
  fresh: number
  /** After each tenth of the calls. */
  rss: number[]
  /** The most there ever were. */
  peak: number
  /** A minute after the last call: V8 gives memory back when there is nothing to do. */
  idle: number
}

const atOnce = 16
const idleSeconds = 60

export async function measureMemory(
  cluster: ClusterFacts,
  folder: string,
  cli: string,
  calls: number
): Promise<Memory> {
  const own = mkdtempSync(join(folder, 'memory-'))
  const bridge = await startBridgeParty(cluster, { folder: own, cli })
  const mixed = cases
    .filter(({ upstream, vms }) => upstream === 'stub' && vms === 20)
    .flatMap((each) =>
      (['rest', 'mcp', 'mcp 2026'] as const).map((way) =>
        sentOf(each, way, cluster, { session: {}, bearer: token })
      )
    )
    .filter((sent): sent is Sent => sent !== undefined)
  const callers = new Callers(bridge.url, atOnce)
  try {
    const { rssMiB: fresh } = await bridge.cost()
    const rss: number[] = []
    for (let tenth = 0; tenth < 10; tenth++) {
      let next = 0
      const caller = async (): Promise<void> => {
        for (let at = next++; at < calls / 10; at = next++) {
          const sent = mixed[at % mixed.length]
          if (sent !== undefined) await callers.call(sent)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, caller))
      rss.push((await bridge.cost()).rssMiB)
    }
    await sleep(Math.min(idleSeconds * 1000, calls))
    const { rssMiB: idle, peakMiB: peak } = await bridge.cost()
    return { calls, fresh, rss, peak, idle }
  } finally {
    await callers.close()
    await bridge.stop()
  }
}
