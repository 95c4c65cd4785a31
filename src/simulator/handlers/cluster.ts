import type { VirDomain } from '../../hypercore/records/records.ts'
import { readCertificate, type NodeCertificate } from '../certificate.ts'
import { ApiError, claim, internalError, written, type Call, type Handlers } from '../handler.ts'
import type { Machinery } from '../machinery.ts'
import { heedsAcpi } from '../vms/boot.ts'
import { beginShutdown, guestOf, isShuttingDown, powerOff } from '../vms/power.ts'
import { readHandlers } from './records.ts'

const renameMs = 1000
const restartDelayMs = 500
const restartMs = 3000
const forcedShutdownMs = 2000
/** How much longer than its slowest guest a graceful shutdown waits. */
const shutdownMarginMs = 1000
/** Between the end of the task and the nodes going dark: the caller may still see it complete. */
const powerDownMs = 3000

/** As a host name, underscores too (FACTS 24, high). */
const hostname = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

function rename(call: Call<{ clusterName?: string }>): unknown {
  const { world, params, body, sessionID, nodeUUID } = call
  const { cluster } = world.state
  if (params.uuid !== cluster.uuid) throw internalError()
  const name = body.clusterName
  if (name !== undefined && !hostname.test(name))
    throw new ApiError(400, `The cluster name ${name} is not a valid host name`)
  const tag = world.tasks.start({
    description: 'Update Cluster %@',
    parameters: [cluster.clusterName],
    objectUUID: cluster.uuid,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: renameMs,
    locks: claim(world, cluster.uuid),
    finish() {
      if (name !== undefined) cluster.clusterName = name
    },
    publish(task) {
      cluster.latestTaskTag = { ...task }
    }
  })
  return written(tag)
}

/** VMs whose guests cannot be asked: their power is cut at once. */
const unreachable = (vm: VirDomain): boolean => vm.state === 'PAUSED' || vm.state === 'BLOCKED'

/**
 * Shuts the cluster down; its nodes then refuse connections and the process lives on. Forced, the
 * VMs lose their power. Graceful, their guests are asked and given their time; what still runs then
 * loses its power too, such as a guest that ignores ACPI, and what is paused or blocked at once. How
 * a real cluster treats such guests is not known (I), but its clients wait until it refuses
 * connections (FACTS 13.1, S), so it does go down.
 * desiredDisposition stays RUNNING: VMs that ran start again at the next boot (FACTS 13.1, S).
 */
function shutdown(call: Call<{ forceShutdown: boolean }>, { nodes }: Machinery): unknown {
  const { world, body, sessionID } = call
  const { state, clock, tasks } = world
  const running = (): VirDomain[] =>
    [...state.virDomains.values()].filter((vm) => vm.nodeUUID !== '')
  const isWilling = (vm: VirDomain): boolean =>
    ['RUNNING', 'SHUTDOWN'].includes(vm.state) && heedsAcpi(guestOf(state, vm))
  const willing = running().filter(isWilling)
  const slowestMs = Math.max(0, ...willing.map((vm) => guestOf(state, vm).shutdownMs))
  const tag = tasks.start({
    description: 'Shut down Cluster %@',
    parameters: [state.cluster.clusterName],
    objectUUID: state.cluster.uuid,
    sessionID,
    nodeUUIDs: nodes.map(({ uuid }) => uuid),
    durationMs: body.forceShutdown ? forcedShutdownMs : slowestMs + shutdownMarginMs,
    locks: claim(world, state.cluster.uuid),
    begin() {
      if (body.forceShutdown) return
      for (const vm of running()) {
        if (unreachable(vm)) powerOff(state, vm)
        else if (!isShuttingDown(vm) && isWilling(vm)) beginShutdown(world, vm)
      }
    },
    finish() {
      for (const vm of running()) powerOff(state, vm)
      clock.after(powerDownMs, () => {
        for (const node of nodes) node.setDown('shutdown', true)
      })
    },
    publish(task) {
      state.cluster.latestTaskTag = { ...task }
    }
  })
  return written(tag)
}

/**
 * Replaces the certificate of the node that was called: it answers, then restarts its API, which
 * refuses connections for a while (FACTS 16: S and O).
 */
function replaceCertificate(
  call: Call<{ certificate?: string; privateKey?: string }>,
  { nodes }: Machinery
): unknown {
  const { world, body, nodeUUID, sessionID } = call
  const node = nodes.find(({ uuid }) => uuid === nodeUUID)
  if (node === undefined) throw internalError()
  let certificate: NodeCertificate
  try {
    certificate = readCertificate(body.certificate ?? '', body.privateKey ?? '')
  } catch (error) {
    throw new ApiError(400, error instanceof Error ? error.message : String(error))
  }
  const tag = world.tasks.start({
    description: 'Update Certificate of Node %@',
    parameters: [world.state.nodes.get(nodeUUID)?.lanIP ?? ''],
    objectUUID: nodeUUID,
    sessionID,
    nodeUUIDs: [nodeUUID],
    durationMs: restartDelayMs,
    locks: claim(world, nodeUUID),
    finish() {
      node.setDown('certificate', true)
      node.server.replaceCertificate(certificate)
      world.clock.after(restartMs, () => node.setDown('certificate', false))
    }
  })
  return written(tag)
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)

/** The shape of a real one is not known (FACTS 13.1, X); this is a modest summary. */
function clusterSpec({ world }: Call): unknown {
  const { cluster, nodes, drives } = world.state
  const all = [...nodes.values()]
  return [
    {
      uuid: cluster.uuid,
      clusterName: cluster.clusterName,
      icosVersion: cluster.icosVersion,
      numNodes: all.length,
      numThreads: sum(all.map((node) => node.numThreads)),
      memSize: sum(all.map((node) => node.memSize)),
      capacityBytes: sum([...drives.values()].map((drive) => drive.capacityBytes))
    }
  ]
}

/** The cluster itself, its certificate and its end (FACTS 13.1 and 16). */
export function clusterHandlers(machinery: Machinery): Handlers {
  return {
    ...readHandlers('/Cluster', ({ world, nodeUUID }) => [
      // The version is that of the responding node (FACTS 13.1, O).
      {
        ...world.state.cluster,
        icosVersion: machinery.versions.get(nodeUUID) ?? world.state.cluster.icosVersion
      }
    ]),
    ...readHandlers('/RemoteClusterConnection', ({ world }) =>
      world.state.remoteClusterConnections.values()
    ),
    'GET /ClusterSpec': clusterSpec,
    'POST /Cluster/{uuid}': rename,
    'PATCH /Cluster/{uuid}': rename,
    'POST /Cluster/shutdown': (call) => shutdown(call, machinery),
    'POST /Certificate': (call) => replaceCertificate(call, machinery)
  }
}
