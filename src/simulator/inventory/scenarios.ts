import type { Drive, Node, VirDomain } from '../../hypercore/records/records.ts'
import type { ClusterState } from '../state.ts'
import { day, hour, minute } from './epoch.ts'

type Scenario = (state: ClusterState, now: number) => void

const first = <T>(items: Iterable<T>): T | undefined => [...items][0]
const last = <T>(items: Iterable<T>): T | undefined => [...items].at(-1)

const lastDrive = (state: ClusterState): Drive | undefined => last(state.drives.values())

function eachDrive(state: ClusterState, change: (drive: Drive) => void): void {
  for (const drive of state.drives.values()) change(drive)
}

function raise(state: ClusterState, name: string, now: number): void {
  const found = state.conditions.find((condition) => condition.name === `condition.${name}`)
  if (found === undefined) return
  found.value = true
  found.lastSetTime = (now - 2 * hour) * 1000
  found.modified = found.lastSetTime
}

/** The VM is on no node any more. */
function takeDown(state: ClusterState, vm: VirDomain, to: 'SHUTOFF' | 'CRASHED'): void {
  vm.state = vm.uiState = to
  vm.nodeUUID = ''
  vm.guestAgentState = 'UNKNOWN'
  const guest = state.guests.get(vm.uuid)
  if (guest !== undefined) guest.runsWith = undefined
}

/** A VM that runs. */
const runningVm = (state: ClusterState): VirDomain | undefined =>
  first([...state.virDomains.values()].filter((vm) => vm.state === 'RUNNING'))

const nodeAt = (state: ClusterState, at: number): Node | undefined => [...state.nodes.values()][at]

/** Moves the newest snapshot of each VM, and with it all of its others, to shortly before `now`. */
function refreshSnapshots(state: ClusterState, now: number): void {
  for (const vm of state.virDomains.values()) {
    const own = [...state.snapshots.values()].filter(({ domainUUID }) => domainUUID === vm.uuid)
    const newest = Math.max(0, ...own.map(({ timestamp }) => timestamp))
    for (const snapshot of own) {
      const later = now - 30 * minute - newest
      snapshot.timestamp += later
      if (snapshot.automatedTriggerTimestamp > 0) snapshot.automatedTriggerTimestamp += later
      if (snapshot.localRetainUntilTimestamp > 0) snapshot.localRetainUntilTimestamp += later
      for (const device of snapshot.deviceSnapshots) device.timestamp += later
    }
  }
  for (const { progress, sourceDomainUUID } of state.replications.values()) {
    const own = [...state.snapshots.values()].filter((one) => one.domainUUID === sourceDomainUUID)
    const [before, newest] = own.toSorted((a, b) => a.timestamp - b.timestamp).slice(-2)
    if (before === undefined || newest === undefined) continue
    progress.snapshotFrom = structuredClone(before)
    progress.snapshotTo = structuredClone(newest)
  }
}

/** Everything is as it should be: nothing is left that an operator would look at. */
const healthy: Scenario = (state, now) => {
  for (const condition of state.conditions) condition.value = false
  for (const vm of state.virDomains.values()) {
    if (vm.state === 'CRASHED' || vm.state === 'PAUSED') {
      takeDown(state, vm, 'SHUTOFF')
      vm.desiredDisposition = 'SHUTOFF'
    }
    if (vm.guestAgentState === 'UNAVAILABLE') vm.guestAgentState = 'AVAILABLE'
  }
  eachDrive(state, (drive) => {
    drive.temperature = Math.min(drive.temperature, 36)
  })
  const used = new Set([...state.virDomains.values()].map((vm) => vm.snapshotScheduleUUID))
  for (const uuid of state.snapshotSchedules.keys())
    if (!used.has(uuid)) state.snapshotSchedules.delete(uuid)
  refreshSnapshots(state, now)
  state.updates = []
}

const fill =
  (percent: number): Scenario =>
  (state) =>
    eachDrive(state, (drive) => {
      drive.usedBytes = Math.round((drive.capacityBytes * percent) / 100)
    })

/** What may stand wrong in a cluster, by name: each adds to what is there. */
const scenarios = {
  healthy,
  condition: (state, now) => raise(state, 'redundancyLost', now),
  'condition-unsure': (state, now) => {
    raise(state, 'dnsUnreachable', now)
    for (const condition of state.conditions)
      if (condition.value) Object.assign(condition, { isOK: false, isExpired: true })
  },
  'node-offline': (state) => {
    const node = nodeAt(state, 1)
    if (node !== undefined) node.networkStatus = 'OFFLINE'
  },
  'node-unusable': (state) => {
    const node = nodeAt(state, 1)
    if (node !== undefined) node.virtualizationOnline = false
  },
  'node-maintenance': (state) => {
    const node = nodeAt(state, 1)
    if (node === undefined) return
    node.allowRunningVMs = false
    node.currentDisposition = node.desiredDisposition = 'EVACUATED'
  },
  'memory-short': (state) => {
    for (const node of state.nodes.values()) {
      const ofVms = [...state.virDomains.values()]
        .filter((vm) => vm.nodeUUID === node.uuid)
        .reduce((sum, { mem }) => sum + mem, 0)
      node.memSize = Math.ceil((node.systemMemUsageBytes + ofVms) / 0.95)
    }
  },
  'drive-failing': (state) => {
    const drive = lastDrive(state)
    if (drive !== undefined) Object.assign(drive, { isHealthy: false, errorCount: 214 })
  },
  'drive-unreachable': (state) => {
    for (const disk of Object.values(lastDrive(state)?.disks ?? {})) disk.isReachable = false
  },
  'drive-hot': (state) => {
    const drive = lastDrive(state)
    if (drive !== undefined) drive.temperature = drive.temperatureThreshold + 3
  },
  'drive-full': (state) => {
    const drive = lastDrive(state)
    if (drive !== undefined) drive.usedBytes = Math.round(drive.capacityBytes * 0.96)
  },
  'drive-errors': (state) => {
    const drive = lastDrive(state)
    if (drive !== undefined) Object.assign(drive, { errorCount: 3, reallocatedSectors: 12 })
  },
  'storage-filling': fill(80),
  'storage-full': fill(93),
  'vm-crashed': (state) => {
    const vm = runningVm(state)
    if (vm !== undefined) takeDown(state, vm, 'CRASHED')
  },
  'vm-down': (state) => {
    const vm = runningVm(state)
    if (vm !== undefined) takeDown(state, vm, 'SHUTOFF')
  },
  'vm-blocked': (state) => {
    const vm = runningVm(state)
    if (vm !== undefined) vm.state = vm.uiState = 'BLOCKED'
  },
  'vm-paused': (state) => {
    const vm = runningVm(state)
    if (vm !== undefined) vm.state = vm.uiState = vm.desiredDisposition = 'PAUSED'
  },
  'agent-silent': (state) => {
    const vm = runningVm(state)
    if (vm !== undefined) vm.guestAgentState = 'UNAVAILABLE'
  },
  'snapshots-stale': (state) => {
    for (const snapshot of state.snapshots.values()) snapshot.timestamp -= 20 * day
    for (const { progress } of state.replications.values()) {
      progress.snapshotFrom.timestamp -= 20 * day
      progress.snapshotTo.timestamp -= 20 * day
    }
  },
  'schedule-unused': (state) => {
    const schedule = first(state.snapshotSchedules.values())
    if (schedule === undefined) return
    const copy = { ...structuredClone(schedule), uuid: schedule.uuid.replace(/^.{8}/, '00000000') }
    state.snapshotSchedules.set(copy.uuid, { ...copy, name: 'left over' })
  },
  'schedule-empty': (state) => {
    const schedule = first(state.snapshotSchedules.values())
    if (schedule !== undefined) schedule.rrules = []
  },
  'replication-late': (state, now) => {
    for (const { progress, sourceDomainUUID } of state.replications.values()) {
      Object.assign(progress, { valid: 1, percentComplete: 40 })
      const newest = [...state.snapshots.values()].findLast(
        ({ uuid, domainUUID }) =>
          domainUUID === sourceDomainUUID && uuid === progress.snapshotTo.uuid
      )
      if (newest !== undefined) newest.timestamp = now - 3 * hour
      progress.snapshotTo.timestamp = now - 3 * hour
      progress.snapshotFrom.timestamp = now - day
    }
  },
  'replication-off': (state) => {
    for (const replication of state.replications.values()) replication.enable = false
  },
  'update-failed': (state) => {
    const build = state.cluster.icosVersion.split('.').at(-1) ?? ''
    state.earlierUpdate = {
      prepareStatus: { state: 'COMPLETE' },
      updateStatus: {
        masterState: 'TERMINATING',
        fromBuild: build,
        toBuild: String(Number(build) + 1214),
        toVersion: state.cluster.icosVersion.replace(/[^.]+$/, String(Number(build) + 1214)),
        percent: '41',
        currentComponent: '74',
        totalComponents: '180',
        status: {
          statusdetails: 'Failed',
          usernotes: '',
          node: nodeAt(state, 0)?.backplaneIP ?? ''
        }
      }
    }
  },
  'remote-down': (state) => {
    for (const connection of state.remoteClusterConnections.values())
      Object.assign(connection, { connectionStatus: 'DISCONNECTED', replicationOK: false })
  }
} satisfies Record<string, Scenario>

/** What a simulated cluster may start with, beside its usual state. */
export type ScenarioName = keyof typeof scenarios

export const scenarioNames = Object.keys(scenarios) as ScenarioName[]

/**
 * Puts the cluster into these states, one after the other: `healthy` first takes away what is wrong from
 * the start.
 * @param now Unix seconds
 */
export function applyScenarios(
  state: ClusterState,
  names: readonly ScenarioName[],
  now: number
): void {
  const all: Record<ScenarioName, Scenario> = scenarios
  for (const name of names) all[name](state, now)
}
