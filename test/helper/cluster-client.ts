import { randomUUID } from 'node:crypto'
import { HyperCore, type HyperCoreOptions } from '../../src/hypercore/client.ts'
import type { CallKind } from '../../src/hypercore/transport/call-kind.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { simulatorFor } from './simulator.ts'

/** A line of the client's log. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn'
  fields: object
  message: string
}

export interface TestClient {
  client: HyperCore
  log: LogLine[]
}

type Teardown = { teardown(handler: () => unknown): void }

/**
 * A production client with a log that can be read, closed with the test. Knows the simulator's user,
 * trusts any certificate and keeps no session, unless configured otherwise.
 */
export function clientFor(
  t: Teardown,
  nodes: readonly string[],
  options: Partial<HyperCoreOptions> = {}
): TestClient {
  const log: LogLine[] = []
  const note = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields, message })
  }
  const client = new HyperCore({
    nodes,
    username: 'admin',
    password: 'admin',
    useOidc: false,
    tls: { mode: 'insecure', fingerprints: [] },
    sessionMaxAgeMs: 12 * 3600 * 1000,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn') },
    ...options,
    // A machine that is busy takes its time for a handshake, and a hundred of them.
    timeouts: { connectMs: 60_000, laneMs: 60_000, ...options.timeouts }
  })
  t.teardown(() => client.close())
  return { client, log }
}

export interface ClusterAndClient extends TestClient {
  simulator: Simulator
  /** Host and port of each node. */
  hosts: string[]
  /** Index of the node of each call to this path so far. */
  calls: (path: string) => number[]
}

/** A simulated cluster of three nodes and a client of all of them. */
export async function clusterFor(
  t: Teardown,
  options: Partial<SimulatorOptions> = {},
  client: Partial<HyperCoreOptions> = {}
): Promise<ClusterAndClient> {
  const simulator = await simulatorFor(t, { nodes: 3, vms: 2, ...options })
  return {
    simulator,
    hosts: simulator.urls.map((url) => new URL(url).host),
    calls: (path) =>
      simulator.requests
        .filter((request) => request.path === `/rest/v1${path}`)
        .map(({ node }) => node),
    ...clientFor(t, simulator.urls, client)
  }
}

/** How the breaker of a node, by its place in the list, stands with a kind of requests. */
export const positionOf = (client: HyperCore, node: number, kind: CallKind) =>
  client.traffic().nodes[node]?.kinds.find((each) => each.kind === kind)?.position

/** A write that no other is like. */
export const createUser = (client: HyperCore) =>
  client.request({
    method: 'POST',
    path: '/User',
    body: { username: randomUUID(), password: 'secret-of-somebody' }
  })
