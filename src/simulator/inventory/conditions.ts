import type { Condition, Node } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { day, epochSeconds, hour } from './epoch.ts'

type Severity = Condition['severity']

const node: readonly (readonly [name: string, description: string, severity: Severity])[] = [
  ['node.offline', 'A node does not respond on the backplane', 'CRITICAL'],
  ['node.virtualizationOffline', 'A node cannot run virtual machines', 'CRITICAL'],
  ['node.evacuating', 'A node is being emptied of virtual machines', 'INFO'],
  ['node.outOfCluster', 'A node is not part of the cluster', 'ERROR'],
  ['node.memoryUsageHigh', 'A node uses more than 90 % of its memory', 'WARNING'],
  ['node.memoryModuleError', 'A memory module reports corrected errors', 'ERROR'],
  ['node.cpuUsageHigh', 'The processors of a node are busy for a long time', 'WARNING'],
  ['node.cpuTemperatureHigh', 'A processor is too hot', 'CRITICAL'],
  ['node.fanFailed', 'A fan of a node stands still', 'ERROR'],
  ['node.powerSupplyRedundancyLost', 'One power supply of a node has failed', 'ERROR'],
  ['node.rootFileSystemFull', 'The system disk of a node is nearly full', 'ERROR'],
  ['node.timeNotSynchronized', 'The clock of a node differs from the time source', 'WARNING'],
  ['node.rebootRequired', 'A node requires a restart', 'NOTICE'],
  ['node.versionMismatch', 'A node runs another version than the others', 'WARNING'],
  ['node.certificateExpiring', 'The certificate of a node ends within 30 days', 'WARNING'],
  ['node.bmcUnreachable', 'The management controller of a node does not respond', 'NOTICE'],
  ['interface.lanLinkDown', 'A LAN port of a node has no link', 'ERROR'],
  ['interface.lanRedundancyLost', 'Only one LAN port of a node has a link', 'WARNING'],
  ['interface.lanSpeedReduced', 'A LAN port runs below its speed', 'NOTICE'],
  ['interface.backplaneLinkDown', 'A backplane port of a node has no link', 'CRITICAL'],
  ['interface.backplaneBackupMissing', 'The backplane has no second, backup network', 'WARNING'],
  ['interface.duplicateAddress', 'Another machine uses the LAN address of a node', 'CRITICAL'],
  ['interface.errorsHigh', 'A port of a node counts many transmission errors', 'WARNING'],
  ['scribe.serviceDown', 'The storage service of a node does not run', 'CRITICAL'],
  ['scribe.nodeIsolated', 'The storage service of a node has lost its peers', 'CRITICAL'],
  ['scribe.rebuildRunning', 'Data of a node is being copied again', 'INFO'],
  ['scribe.cacheDegraded', 'The write cache of a node is off', 'WARNING'],
  ['scribe.latencyHigh', 'Writes on a node take long', 'WARNING'],
  ['virtualization.consoleUnavailable', 'The consoles of a node cannot be opened', 'NOTICE'],
  ['virtualization.migrationStuck', 'A live migration does not come to an end', 'WARNING'],
  ['virtualization.startFailed', 'A virtual machine could not be started on a node', 'ERROR'],
  ['virtualization.guestUnresponsive', 'A guest no longer responds to its agent', 'NOTICE'],
  ['virtualization.vtpmUnavailable', 'Virtual TPM devices cannot be opened on a node', 'ERROR'],
  ['node.biosOutdated', 'The firmware of a node is older than the certified one', 'NOTICE'],
  ['node.watchdogFired', 'The watchdog has restarted a node', 'ERROR'],
  ['scribe.journalSlow', 'The journal of a node falls behind', 'WARNING'],
  ['scribe.scrubOverdue', 'The data of a node was not verified for a long time', 'NOTICE'],
  ['api.backendRestarted', 'The API of a node was restarted', 'INFO']
]

const drive: readonly (readonly [name: string, description: string, severity: Severity])[] = [
  ['missing', 'A drive is missing', 'CRITICAL'],
  ['unhealthy', 'A drive expects to fail', 'ERROR'],
  ['temperatureHigh', 'A drive is close to its highest temperature', 'WARNING'],
  ['reallocatedSectors', 'A drive has replaced bad sectors', 'WARNING'],
  ['errorsHigh', 'A drive counts many errors', 'ERROR'],
  ['enduranceLow', 'A solid-state drive has little write endurance left', 'WARNING'],
  ['removed', 'A drive was taken out of use', 'NOTICE'],
  ['slow', 'A drive is slower than its peers', 'WARNING'],
  ['firmwareOutdated', 'The firmware of a drive is older than the certified one', 'NOTICE'],
  ['full', 'A drive is nearly full', 'WARNING']
]

const cluster: readonly (readonly [name: string, description: string, severity: Severity])[] = [
  ['updateInProgress', 'A system update is running', 'INFO'],
  ['updateAvailable', 'A newer system version is available', 'NOTICE'],
  ['updateFailed', 'The last system update failed', 'ERROR'],
  ['supporttunnelOpen', 'The support tunnel is open', 'NOTICE'],
  ['storageCapacityWarning', 'The storage is filled to more than 75 %', 'WARNING'],
  ['storageCapacityCritical', 'The storage is filled to more than 90 %', 'CRITICAL'],
  ['ssdTierWarning', 'The solid-state tier is filled to more than 75 %', 'WARNING'],
  [
    'ssdTierCritical',
    'The solid-state tier is filled to more than 90 %: snapshots, clones and new disks are refused',
    'CRITICAL'
  ],
  ['redundancyLost', 'Some data has only one copy', 'CRITICAL'],
  ['quorumAtRisk', 'One more failed node stops the cluster', 'ALERT'],
  [
    'memoryReserveMissing',
    'The virtual machines of one node would not fit onto the others',
    'WARNING'
  ],
  ['replicationDelayed', 'A replicated virtual machine is behind its last snapshot', 'NOTICE'],
  ['remoteClusterDisconnected', 'A remote cluster does not respond', 'WARNING'],
  ['timeSourceUnreachable', 'No time source responds', 'WARNING'],
  ['dnsUnreachable', 'No DNS server responds', 'WARNING'],
  ['alertEmailFailed', 'An alert could not be mailed', 'WARNING'],
  ['syslogUnreachable', 'A syslog target does not respond', 'NOTICE'],
  ['registrationMissing', 'The cluster is not registered', 'NOTICE'],
  ['snapshotScheduleLate', 'A scheduled snapshot was not taken in time', 'WARNING'],
  ['virDomainCrashed', 'A virtual machine has crashed', 'ERROR'],
  ['oidcUnreachable', 'The OIDC provider does not respond', 'WARNING'],
  ['licenseExpired', 'The license has ended', 'WARNING']
]

interface Place {
  node: Node | undefined
  tags: string[]
}

function condition(
  [name, description, severity]: readonly [string, string, Severity],
  { node: at, tags }: Place,
  random: Random
): Condition {
  const checked = epochSeconds * 1000 - random.int(0, 30000)
  const cleared = (epochSeconds - random.int(30 * day, 400 * day)) * 1000 + random.int(0, 999)
  return {
    name: `condition.${name}`,
    description,
    value: false,
    severity,
    nodeUUID: at?.uuid ?? '',
    nodeLANIP: at?.lanIP ?? '',
    nodeBackplaneIP: at?.backplaneIP ?? '',
    modified: checked,
    lastSetTime: 0,
    lastClearTime: cleared,
    guaranteedValidTime: checked,
    pollInterval: 30000,
    expirationInterval: 300000,
    setDelay: 0,
    clearDelay: 0,
    userVisible: true,
    techNotes: '',
    isExpired: false,
    lastPollFailed: false,
    isInitialized: true,
    isOK: true,
    tags
  }
}

/**
 * The whole catalogue (FACTS 14: O): every condition of the cluster, of each node and of each drive,
 * nearly all of them not set. The names are ours, in the style of the few that are known.
 */
export function createConditions(state: ClusterState, random: Random): void {
  const all: Condition[] = cluster.map((entry) =>
    condition(entry, { node: undefined, tags: [] }, random)
  )
  for (const at of state.nodes.values()) {
    for (const entry of node) all.push(condition(entry, { node: at, tags: ['node'] }, random))
    for (const { slot } of at.drives)
      for (const [name, description, severity] of drive)
        all.push(
          condition(
            [`drive${slot}.${name}`, `${description} (slot ${slot})`, severity],
            { node: at, tags: ['drive'] },
            random
          )
        )
  }
  state.conditions = all

  const raise = (name: string, agoSeconds: number, at?: Node): void => {
    const found = all.find(
      (entry) => entry.name === `condition.${name}` && entry.nodeUUID === (at?.uuid ?? '')
    )
    if (found === undefined) return
    found.value = true
    found.lastSetTime = (epochSeconds - agoSeconds) * 1000
    found.modified = found.lastSetTime
  }
  raise('updateAvailable', 9 * day)
  if ([...state.virDomains.values()].some((vm) => vm.state === 'CRASHED'))
    raise('virDomainCrashed', 5 * hour)
  if (state.replications.size > 0) raise('replicationDelayed', 40 * 60)
  const [first, second] = [...state.nodes.values()]
  if (first !== undefined) raise('interface.backplaneBackupMissing', 120 * day, first)
  const hot = second?.drives.at(-1)
  if (second !== undefined && hot !== undefined) {
    // It drifts by two degrees, and stays close enough for its condition all the while.
    hot.temperature = 68
    hot.maxTemperature = 70
    raise(`drive${hot.slot}.temperatureHigh`, 2 * hour, second)
  }
}
