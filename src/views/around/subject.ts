import { freeMemory, isUsable } from '../../hypercore/records/node-state.ts'
import type {
  Drive,
  Node,
  VirDomain,
  VirDomainBlockDevice,
  VirDomainSnapshot,
  VirDomainStats
} from '../../hypercore/records/records.ts'
import { splitTags } from '../../hypercore/records/tags.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import { formatAge, formatBytes, percentOf } from '../../lib/text/units.ts'
import { whyUnusable } from '../snapshot.ts'
import type { VmDetails } from '../vm/details.ts'
import { isDisk } from '../vm/fields.ts'
import { vmStats } from '../vm/stats.ts'
import type { ZonedTime } from '../zoned-time.ts'

/** Parts that are listed one by one; the others are counted. */
const maxListed = 10

const listed = <T>(items: readonly T[], more: string): { items: T[]; note?: string } =>
  items.length <= maxListed
    ? { items: [...items] }
    : { items: items.slice(0, maxListed), note: `${items.length - maxListed} more: ${more}` }

const used = (allocation: number, capacity: number): string =>
  `${formatBytes(allocation)} of ${formatBytes(capacity)} (${percentOf(allocation, capacity)} %)`

const diskInShort = ({
  uuid,
  type,
  slot,
  capacity,
  allocation,
  mountPoints
}: VirDomainBlockDevice) => ({
  uuid,
  type,
  slot,
  used: used(allocation, capacity),
  mountPoints
})

/** Where a VM is to run, by the addresses of the nodes. */
function affinityOf({ affinityStrategy }: VirDomain, nodes: readonly Node[]): string {
  const { strictAffinity, preferredNodeUUID, backupNodeUUID } = affinityStrategy
  const address = (uuid: string): string =>
    nodes.find((node) => node.uuid === uuid)?.lanIP ?? (uuid === '' ? 'none' : uuid)
  if (preferredNodeUUID === '' && backupNodeUUID === '') return 'none'
  return `preferred ${address(preferredNodeUUID)}, backup ${address(backupNodeUUID)}${strictAffinity ? ', strict' : ''}`
}

const localTime = (seconds: number, zone: ZonedTime): string =>
  seconds > 0 ? zone.text(seconds * 1000) : ''

/** A VM, and the parts and settings that belong to it. */
export function vmSubject(vm: VmDetails, nodes: readonly Node[], zone: ZonedTime) {
  const disks = listed(vm.blockDevs.filter(isDisk).map(diskInShort), 'getVM_details')
  const nics = listed(vm.netDevs, 'vmNetDevices_read')
  const notes = [disks.note, nics.note].filter((note) => note !== undefined)
  return {
    kind: 'VM',
    uuid: vm.uuid,
    name: vm.name,
    state: vm.state,
    node: vm.node,
    attention: vm.attention,
    numVCPU: vm.numVCPU,
    memory: vm.memory,
    age: vm.age,
    tags: splitTags(vm.tags),
    affinity: affinityOf(vm, nodes),
    guestAgentState: vm.guestAgentState,
    disks: disks.items,
    nics: nics.items.map(({ macAddress, vlan, type, connected, ipv4Addresses }) => ({
      macAddress,
      vlan,
      type,
      connected,
      ipv4Addresses
    })),
    snapshots: vm.snapUUIDs.length,
    newestSnapshots: vm.newestSnapshots.map(({ takenAt, ...snapshot }) => ({
      ...snapshot,
      takenAt: localTime(Date.parse(takenAt) / 1000, zone)
    })),
    schedule: vm.snapshotSchedule,
    replications: vm.replications,
    ...(vm.sourceVirDomainUUID !== '' && { replicaOf: vm.sourceVirDomainUUID }),
    ...(notes.length > 0 && { notes })
  }
}

const driveFields = (drive: Drive) => ({
  uuid: drive.uuid,
  slot: drive.slot,
  type: drive.type,
  isHealthy: drive.isHealthy,
  errorCount: drive.errorCount,
  reallocatedSectors: drive.reallocatedSectors,
  temperature: drive.hasTemperature ? drive.temperature : undefined,
  temperatureThreshold: drive.hasTemperatureThreshold ? drive.temperatureThreshold : undefined,
  used: used(drive.usedBytes, drive.capacityBytes)
})

/** A node, with its drives and the VMs on it. */
export function nodeSubject(node: Node, vms: readonly VirDomain[]) {
  const own = vms.filter(({ nodeUUID }) => nodeUUID === node.uuid).toSorted((a, b) => b.mem - a.mem)
  const largest = listed(own, `vm_read {"filter":"node:${node.lanIP}"}`)
  return {
    kind: 'node',
    uuid: node.uuid,
    lanIP: node.lanIP,
    backplaneIP: node.backplaneIP,
    peerID: node.peerID,
    networkStatus: node.networkStatus,
    usable: isUsable(node),
    currentDisposition: node.currentDisposition,
    cpuUsage: node.cpuUsage,
    memory: used(node.totalMemUsageBytes, node.memSize),
    memoryFree: formatBytes(freeMemory(node)),
    runningVMs: own.filter(({ state }) => isRunning(state)).length,
    vms: largest.items.map(({ name, state, mem }) => ({ name, state, memory: formatBytes(mem) })),
    drives: node.drives.map(driveFields),
    ...(largest.note !== undefined && { notes: [largest.note] })
  }
}

/** A disk of a VM, and what it does now. */
export function diskSubject(
  vm: VirDomain,
  disk: VirDomainBlockDevice,
  stats: VirDomainStats | undefined
) {
  const now = vmStats(vm, stats).disks.find(({ uuid }) => uuid === disk.uuid)
  return {
    kind: 'disk',
    ...diskInShort(disk),
    vmName: vm.name,
    vmUUID: vm.uuid,
    vmState: vm.state,
    inSnapshots: !disk.disableSnapshotting,
    snapshotsOfVM: vm.snapUUIDs.length,
    ...(now !== undefined && {
      readIOPS: now.readIOPS,
      writeIOPS: now.writeIOPS,
      readMiBps: now.readMiBps,
      writeMiBps: now.writeMiBps,
      readLatencyMs: now.readLatencyMs,
      writeLatencyMs: now.writeLatencyMs
    })
  }
}

/** A physical drive. */
export const driveSubject = (node: Node, drive: Drive) => ({
  kind: 'drive',
  node: node.lanIP,
  nodeUUID: node.uuid,
  ...driveFields(drive),
  serialNumber: drive.serialNumber,
  currentDisposition: drive.currentDisposition
})

/** A snapshot, and the VM it is of. */
export function snapshotSubject(
  snapshot: VirDomainSnapshot,
  vm: VirDomain | undefined,
  zone: ZonedTime
) {
  return {
    kind: 'snapshot',
    uuid: snapshot.uuid,
    label: snapshot.label,
    type: snapshot.type,
    state: snapshot.state,
    usable: whyUnusable(snapshot) ?? true,
    takenAt: localTime(snapshot.timestamp, zone),
    age: formatAge(snapshot.timestamp),
    keptUntil: localTime(snapshot.localRetainUntilTimestamp, zone) || 'deleted by hand',
    replicated: snapshot.replication,
    vmName: vm?.name ?? snapshot.domain.name,
    vmUUID: snapshot.domainUUID,
    vmState: vm?.state ?? 'deleted',
    isNewest: vm?.snapUUIDs.at(-1) === snapshot.uuid,
    disks: snapshot.deviceSnapshots.map(({ uuid }) => ({ uuid }))
  }
}
