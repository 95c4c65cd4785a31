import { Api } from './api.ts'
import { createCertificate, createCertificateSync, type NodeCertificate } from './certificate.ts'
import { Clock } from './clock.ts'
import { Faults } from './faults.ts'
import type { World } from './handler.ts'
import { createHandlers } from './handlers/index.ts'
import { createInventory } from './inventory/create-inventory.ts'
import { certificateNames, hostAndPort, startListening } from './node-addresses.ts'
import type { NodeContext, RequestEntry } from './node-context.ts'
import type { ReceivedCall } from './received-call.ts'
import { defaultSimulatorOptions, type SimulatorOptions } from './options.ts'
import { playedAs } from './played-version.ts'
import type { FaultPlan } from './plan/plan-file.ts'
import { type PlanMoment, type PlayedPlan, playPlan, type Stage } from './plan/play-plan.ts'
import { Random } from './random.ts'
import { admins } from './roles.ts'
import { RollingUpdate } from './rolling-update.ts'
import { basicCredentials, Sessions } from './sessions.ts'
import { SimulatedNode } from './simulated-node.ts'
import { Tasks } from './tasks.ts'
import { startSnapshotSchedules } from './vms/snapshot-scheduler.ts'

/** A running simulated cluster. */
export interface Simulator {
  /** `https://127.0.0.1:PORT`, `https://127.0.0.2:PORT` … of the nodes. */
  urls: string[]
  /** SHA-256 of each node's present certificate, `AB:CD:…`. */
  readonly fingerprints: string[]
  /** Each node's present certificate, PEM. */
  readonly certificates: string[]
  world: World
  faults: Faults
  /** The last requests that reached a node (up to 10,000), the oldest first. */
  requests: RequestEntry[]
  /** Notified of every call at the moment before it is carried out; those that faults keep from it are none. */
  witnesses: Set<(call: ReceivedCall) => void>
  /** How many sessions are open at this moment, and were opened so far. */
  sessions: Readonly<Pick<Sessions, 'count' | 'opened' | 'openedByNode'>>
  /** Lets what a plan says happen to it, by the real clock. @param told notified of each event */
  play(plan: FaultPlan, told?: (moment: PlanMoment) => void): PlayedPlan
  /** Ends all sockets, listeners and timers at once. */
  close(): Promise<void>
}

/**
 * Starts a simulated cluster: one HTTPS server with its own self-signed certificate for each node, on
 * 127.0.0.1, 127.0.0.2, … and the same `port`, a free one for 0. Throws an error that names the
 * address if one is in use; nothing is left running then.
 */
export async function startSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const settings: SimulatorOptions = { ...defaultSimulatorOptions, ...options }
  const random = new Random(settings.seed)
  const clock = new Clock(settings.speed)
  const tasks = new Tasks(clock, settings.taskRetentionSeconds)
  const state = createInventory(settings, random, clock, tasks)
  const world: World = { options: settings, state, tasks, clock, random }
  const { catalog, validator } = playedAs(settings)
  const sessions = new Sessions(
    { scope: settings.sessions, idleSeconds: settings.sessionLifetimeSeconds },
    state.users
  )

  const nodes: SimulatedNode[] = []
  const versions = new Map<string, string>()
  const rollingUpdate = new RollingUpdate(world, nodes, versions)
  const handlers = createHandlers({ sessions, nodes, rollingUpdate, versions })
  const faults = new Faults(settings.seed, () => {
    clock.offSeconds = faults.clockSeconds
    for (const node of nodes) {
      node.setDown('fault', faults.isDown(node.index))
      node.setMute('fault', faults.muteness(node.index))
      node.setOtherCertificate(faults.hasOtherCertificate(node.index))
    }
  })
  const failingTasks: NodeContext['failingTasks'] = new Map()
  tasks.fateOf = (taskTag) => failingTasks.get(taskTag)
  const context: NodeContext = {
    api: new Api(world, catalog, handlers, sessions, validator),
    faults,
    sessions,
    requests: [],
    nodes,
    failingTasks,
    tasks,
    clock,
    mayControl(authorization) {
      const basic = basicCredentials(authorization)
      const user = basic && sessions.verify(basic.username, basic.password)
      return user !== undefined && admins(state).includes(user)
    }
  }

  const close = async (): Promise<void> => {
    clock.stop()
    for (const node of nodes) node.server.end()
  }
  const uuids = [...state.nodes.keys()]
  const certificates = await Promise.all(
    certificateNames(settings).map(async (names, i) => {
      const of = [`node-${i + 1}.${state.cluster.clusterName}`, names] as const
      const another = (): NodeCertificate => createCertificateSync(...of)
      return { certificate: await createCertificate(...of), another }
    })
  )
  for (const [i, { certificate, another }] of certificates.entries())
    nodes.push(new SimulatedNode(i, uuids[i] ?? '', certificate, another, context))
  const servers = nodes.map(({ server }) => server)
  try {
    await startListening(servers, settings)
  } catch (error) {
    await close()
    throw error
  }

  startSnapshotSchedules(world)
  const stage: Stage = {
    faults,
    nodes: nodes.length,
    after: (ms, action) => clock.afterReal(ms, action),
    update(version, node, ended) {
      if (rollingUpdate.running) return false
      const offered = state.updates[0]?.['uuid']
      const present = state.cluster.icosVersion
      const next = version ?? (typeof offered === 'string' ? offered : present)
      rollingUpdate.start(next, nodes[node]?.uuid ?? '', ended)
      return true
    }
  }
  return {
    urls: servers.map((server) => `https://${hostAndPort(server)}`),
    get fingerprints() {
      return nodes.map((node) => node.server.certificate.fingerprint)
    },
    get certificates() {
      return nodes.map((node) => node.server.certificate.certificate)
    },
    world,
    faults,
    requests: context.requests,
    witnesses: context.api.witnesses,
    sessions,
    play: (plan, told) => playPlan(plan, stage, told),
    close
  }
}
