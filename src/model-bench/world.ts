import { randomBytes } from 'node:crypto'
import { loadBridgeConfig } from '../config/config.ts'
import { createLogger } from '../config/log.ts'
import { isRead } from '../hypercore/cluster-api.ts'
import type { HttpMethod } from '../lib/http/http-method.ts'
import { StaticToken } from '../identity/static-token.ts'
import { Outgoing } from '../lib/secrets/outgoing.ts'
import { startBridge } from '../server.ts'
import { asCluster, secretsOf } from '../simulator/as-cluster.ts'
import type { ReceivedCall } from '../simulator/received-call.ts'
import { type Simulator, startSimulator } from '../simulator/simulator.ts'
import type { ClusterState } from '../simulator/state.ts'
import type { Task } from './task.ts'

/** Which calls of the benchmark wait for a person, who approves none. */
export type ApprovalFloor = 'off' | 'interrupt' | 'lose' | 'write'

/** A bridge in front of a fresh simulated cluster, for one attempt at one task. */
export interface TaskWorld {
  url: string
  token: string
  simulator: Simulator
  /** Runs a call, during which the cluster's time passes; what comes with it is how much was written. */
  during<T>(call: () => Promise<T>): Promise<{ result: T; writes: number }>
  /** The cluster as it is now, once what was begun has ended. */
  settled(): ClusterState
  /** All writes that the cluster has taken so far. */
  taken(): readonly ReceivedCall[]
  close(): Promise<void>
}

const vms = 24
/** As in a LAN: the simulated nodes listen elsewhere. */
const advertise = ['10.20.0.11', '10.20.0.12', '10.20.0.13']
const archive = 'smb://bench:bench@archive.example/exports'
const defaultSpeed = 100
/** Real milliseconds between two steps of the cluster's time. */
const stepMs = 10
const settleStepMs = 1000
const maxSettleSteps = 3600
/** What has no task takes less: a guest that shuts down. */
const afterwardsMs = 61_000
/** At the pace of real clusters nothing would end in time: their time passes faster here. */
const tasks = { pauseMs: 20 }
const timings = { firstPollMs: 20, followMs: 50 }

const sessionPaths = /^\/(?:rest\/v1\/)?(?:login|logout|ping)\b/

const newSecret = (): string => randomBytes(24).toString('hex')

/** Keeps the writes that reach the cluster. */
function keepWrites({ witnesses }: Simulator): ReceivedCall[] {
  const writes: ReceivedCall[] = []
  witnesses.add((call) => {
    const { method, path } = call
    if (!isRead(method as HttpMethod, path) && !sessionPaths.test(path)) writes.push(call)
  })
  return writes
}

/**
 * Starts a cluster of 24 VMs on three nodes, the same for the same seed, and a bridge for it in this
 * process. The cluster's time stands still but during calls, so that a slow model finds the same cluster
 * as a fast one.
 */
export async function openWorld(
  task: Task,
  seed: number,
  approval: ApprovalFloor
): Promise<TaskWorld> {
  const simulator = await startSimulator({ seed, vms, advertise, speed: 0 })
  await task.prepare?.(simulator)
  const written = keepWrites(simulator)
  const token = newSecret()
  const config = loadBridgeConfig(
    {
      LOG_LEVEL: 'silent',
      HOST: '127.0.0.1',
      PORT: '0',
      SCALE_EXPORT_URI: archive,
      APPROVAL: approval,
      MAX_TARGETS: '100',
      WRITES_PER_MINUTE: 'off',
      RATE_LIMIT: 'off'
    },
    token
  )
  const cluster = { ...asCluster(simulator), tasks }
  const outgoing = new Outgoing([...config.secrets, ...secretsOf(cluster)])
  const approver = new StaticToken(newSecret(), {
    name: 'approver',
    kind: 'token',
    scopes: new Set(['read', 'approve'] as const)
  })
  const bridge = await startBridge({
    config,
    cluster,
    outgoing,
    logger: createLogger('silent', outgoing),
    tokens: approver,
    timings
  }).catch(async (error: unknown) => {
    await simulator.close()
    throw error
  })
  const { clock, state } = simulator.world
  const speed = task.speed ?? defaultSpeed
  return {
    url: bridge.url,
    token: config.token,
    simulator,
    async during(call) {
      const before = written.length
      const pump = setInterval(() => clock.advance(stepMs * speed), stepMs)
      try {
        const result = await call()
        return { result, writes: written.length - before }
      } finally {
        clearInterval(pump)
      }
    },
    settled() {
      if (task.settles === false) return structuredClone(state)
      const { tasks: running } = simulator.world
      for (let step = 0; !running.isIdle && step < maxSettleSteps; step += 1)
        clock.advance(settleStepMs)
      clock.advance(afterwardsMs)
      return structuredClone(state)
    },
    // What the cluster refused has no result.
    taken: () => written.filter(({ result }) => result !== undefined),
    async close() {
      await bridge.close()
      await simulator.close()
    }
  }
}
