import type { ClusterRecords } from '../../hypercore/records/cluster-records.ts'
import type { Node, Role, VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { SimulatorOptions } from '../options.ts'
import type { ClusterState, Guest, StoredUser } from '../state.ts'
import { newBlockDevice } from '../vms/block-devices.ts'
import { boots } from '../vms/boot.ts'
import { isCloudInit } from '../vms/build.ts'
import { guestToolsIsoName, refreshMounts } from '../vms/iso-mounts.ts'
import { newNetDevice } from '../vms/net-devices.ts'
import { newGuest, newSnapshot, newVirDomain } from '../vms/new-records.ts'
import { isActive } from '../vms/placement.ts'
import type { LaterFields } from '../later-fields.ts'

/** What a later version shows beside a record, which is kept apart here. */
const withoutLater = <T extends object>(record: T): T => {
  const { labels: _labels, runnable: _runnable, ...rest } = record as T & LaterFields
  return rest as unknown as T
}

/** A VM whole, whatever its version leaves out. */
const wholeVM = (record: VirDomain): VirDomain =>
  newVirDomain({
    ...withoutLater(record),
    blockDevs: record.blockDevs.map((device) => newBlockDevice(withoutLater(device))),
    netDevs: record.netDevs.map(newNetDevice)
  })

const wholeSnapshot = (record: VirDomainSnapshot): VirDomainSnapshot =>
  newSnapshot({ ...withoutLater(record), domain: wholeVM(record.domain) })

/**
 * What can be seen of a guest from outside. That one listens is supposed of whatever has something to
 * start from: a client that asks a guest to shut down has to see whether it does.
 */
const guestOf = (state: ClusterState, vm: VirDomain): Guest =>
  newGuest({
    booted: isActive(vm) && (vm.guestAgentState === 'AVAILABLE' || boots(state, vm)),
    hasAgent: vm.guestAgentState === 'AVAILABLE',
    runsWith: isActive(vm) ? { mem: vm.mem, numVCPU: vm.numVCPU } : undefined
  })

/**
 * Memory that nothing among these VMs accounts for is the system's: VMs that are not seen, and those
 * that were started with other memory than they have now.
 */
function withSystemMemory(node: Node, vms: readonly VirDomain[]): Node {
  const { totalMemUsageBytes, systemMemUsageBytes } = node
  const here = vms.filter((vm) => isActive(vm) && vm.nodeUUID === node.uuid)
  const seen = here.reduce((sum, { mem }) => sum + mem, 0)
  const rest = totalMemUsageBytes > 0 ? totalMemUsageBytes - seen : systemMemUsageBytes
  return { ...node, systemMemUsageBytes: rest }
}

const byUuid = <T extends { uuid: string }>(records: readonly T[]): Map<string, T> =>
  new Map(records.map((record) => [record.uuid, record]))

const admin: Role = {
  uuid: '00000000-0000-4000-8000-000000000001',
  name: 'Admin',
  description: '',
  permissions: [],
  oidcName: ''
}

function userOf({ user, password }: SimulatorOptions): StoredUser {
  const uuid = '00000000-0000-4000-8000-000000000002'
  return {
    uuid,
    username: user,
    password,
    fullName: '',
    roleUUIDs: [admin.uuid],
    sessionLimit: 0
  }
}

/**
 * A cluster as another one's records show it. What no record shows is as with a new one: who may log in,
 * the tasks that run, what lies in archives, settings.
 */
export function stateFromRecords(
  { cluster, lists, connections }: ClusterRecords,
  options: SimulatorOptions
): ClusterState {
  const read = structuredClone(lists)
  const vms = read.VirDomain.map(wholeVM)
  const user = userOf(options)
  const state: ClusterState = {
    cluster: structuredClone(cluster),
    nodes: byUuid(read.Node.map((node) => withSystemMemory(node, vms))),
    drives: byUuid(read.Node.flatMap(({ drives }) => drives)),
    conditions: [],
    users: new Map([[user.uuid, user]]),
    roles: new Map([[admin.uuid, admin]]),
    virDomains: byUuid(vms),
    guests: new Map(),
    snapshots: byUuid(read.VirDomainSnapshot.map(wholeSnapshot)),
    snapshotSchedules: byUuid(read.VirDomainSnapshotSchedule),
    replications: byUuid(read.VirDomainReplication),
    remoteClusterConnections: byUuid(structuredClone(connections)),
    isos: byUuid(read.ISO),
    bootableIsos: new Set(),
    uploads: new Map(),
    virtualDisks: byUuid(read.VirtualDisk),
    settings: new Map(),
    labels: new Map(),
    notRunnable: new Set(),
    updates: [],
    earlierUpdate: undefined,
    counters: { mac: 0xf00000, vncPort: 5900 },
    exports: new Map()
  }
  const configurations = new Set(vms.flatMap((vm) => vm.blockDevs.filter(isCloudInit)).map(pathOf))
  for (const iso of state.isos.values())
    if (iso.readyForInsert && iso.name !== guestToolsIsoName && !configurations.has(iso.path))
      state.bootableIsos.add(iso.uuid)
  for (const record of read.VirDomain) keepLater(state, record)
  for (const vm of vms) state.guests.set(vm.uuid, guestOf(state, vm))
  refreshMounts(state)
  return state
}

const pathOf = ({ path }: { path: string }): string => path

function keepLater(state: ClusterState, record: VirDomain & LaterFields): void {
  for (const each of [record, ...record.blockDevs] as ({ uuid: string } & LaterFields)[])
    if (each.labels !== undefined) state.labels.set(each.uuid, each.labels)
  if (record.runnable === false) state.notRunnable.add(record.uuid)
}
