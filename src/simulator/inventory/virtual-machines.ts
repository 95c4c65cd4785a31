import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import type { SimulatorOptions } from '../options.ts'
import { newBlockDevice, nvramBytes } from '../vms/block-devices.ts'
import { machineTypeFor } from '../vms/machine-types.ts'
import { newNetDevice, nextMac } from '../vms/net-devices.ts'
import { newGuest, newVirDomain } from '../vms/new-records.ts'
import { isActive } from '../vms/placement.ts'
import { boot, guestOf } from '../vms/power.ts'
import { day, epochSeconds, GiB } from './epoch.ts'
import { giveMemory, memorySizeFor } from './hardware.ts'
import { fleet, type FleetEntry, type Workload } from './workloads.ts'

const vtpmBytes = 4 * 1024 ** 2

function createDisks(
  uuid: string,
  workload: Workload,
  created: number,
  random: Random
): VirDomainBlockDevice[] {
  const common = { virDomainUUID: uuid, createdTimestamp: created }
  const windows = workload.operatingSystem.startsWith('os_windows')
  const disks = workload.disksGiB.map((size, slot) => {
    const capacity = size * GiB
    return newBlockDevice({
      ...common,
      uuid: random.uuid(),
      type: workload.nicType === 'INTEL_E1000' ? 'IDE_DISK' : 'VIRTIO_DISK',
      capacity,
      allocation: Math.round((capacity * random.int(12, 70)) / 100 / 1048576) * 1048576,
      slot,
      tieringPriorityFactor: workload.tags.includes('database') && slot > 0 ? 32 : 8,
      mountPoints: workload.hasAgent
        ? [windows ? `${'CDEFG'[slot]}:\\` : (['/', '/srv', '/var'][slot] ?? '')]
        : []
    })
  })
  const cdSlot = disks.filter((disk) => disk.type === 'IDE_DISK').length
  disks.push(
    newBlockDevice({
      ...common,
      uuid: random.uuid(),
      type: 'IDE_CDROM',
      capacity: 0,
      slot: cdSlot
    })
  )
  if (workload.machineType !== 'bios')
    disks.push(
      newBlockDevice({
        ...common,
        uuid: random.uuid(),
        type: 'NVRAM',
        capacity: nvramBytes,
        allocation: nvramBytes,
        slot: -1
      })
    )
  if (workload.machineType === 'tpm')
    disks.push(
      newBlockDevice({
        ...common,
        uuid: random.uuid(),
        type: 'VTPM',
        capacity: vtpmBytes,
        allocation: vtpmBytes,
        slot: -1
      })
    )
  return disks
}

function createVirtualMachine(
  state: ClusterState,
  random: Random,
  entry: FleetEntry,
  name: string
): VirDomain {
  const { workload } = entry
  const uuid = random.uuid()
  const created = epochSeconds - random.int(20, 700) * day - random.int(0, day)
  const blockDevs = createDisks(uuid, workload, created, random)
  return newVirDomain({
    uuid,
    name,
    description: workload.description,
    operatingSystem: workload.operatingSystem,
    state: entry.state,
    uiState: entry.state,
    desiredDisposition: entry.state === 'CRASHED' ? 'RUNNING' : (entry.state as 'SHUTOFF'),
    mem: workload.memGiB * GiB,
    numVCPU: workload.vCPUs,
    blockDevs,
    netDevs: [
      newNetDevice({
        uuid: random.uuid(),
        virDomainUUID: uuid,
        macAddress: nextMac(state.counters),
        type: workload.nicType ?? 'VIRTIO',
        vlan: workload.vlan
      })
    ],
    created,
    modified: epochSeconds - random.int(1, 19) * day + random.int(0, day - 1),
    tags: workload.tags,
    bootDevices: blockDevs.slice(0, 1).map((device) => device.uuid),
    sourceVirDomainUUID: entry.replicationTarget ? random.uuid() : '',
    machineType: machineTypeFor(workload.machineType),
    machineTypeKeyword: workload.machineType
  })
}

/** Puts a running VM onto the node with the most free memory, or stops it where none has room. */
function place(state: ClusterState, vm: VirDomain, startSetsAffinity: boolean): void {
  const [node] = [...state.nodes.values()].toSorted(
    (a, b) => b.memSize - b.totalMemUsageBytes - (a.memSize - a.totalMemUsageBytes)
  )
  if (node === undefined) return
  vm.lastSeenRunningOnNodeUUID = node.uuid
  if (!isActive(vm)) return
  node.totalMemUsageBytes += vm.mem
  vm.nodeUUID = node.uuid
  vm.console = {
    type: 'VNC',
    ip: node.lanIP,
    port: state.counters.vncPort++,
    keymap: 'en-us'
  }
  // A user has started it, which left the node in its affinity (FACTS 24, medium-high).
  if (startSetsAffinity) vm.affinityStrategy.preferredNodeUUID = node.uuid
  guestOf(state, vm).runsWith = { mem: vm.mem, numVCPU: vm.numVCPU }
  boot(state, vm)
}

/** Fills the cluster with VMs and gives the nodes the memory that running them takes. */
export function createVirtualMachines(
  state: ClusterState,
  random: Random,
  { vms: count, startSetsAffinity }: Pick<SimulatorOptions, 'vms' | 'startSetsAffinity'>
): void {
  const numbers = new Map<string, number>()
  for (const entry of fleet(count)) {
    const { stem, load, hasAgent = false, ignoresAcpi = false } = entry.workload
    const number = (numbers.get(stem) ?? 0) + 1
    numbers.set(stem, number)
    const name = `${stem}-${String(number).padStart(2, '0')}`
    const vm = createVirtualMachine(state, random, entry, name)
    state.virDomains.set(vm.uuid, vm)
    const varied = Math.max(0.01, load * (0.4 + 0.4 * random.next()))
    state.guests.set(
      vm.uuid,
      newGuest({ hasAgent, ignoresAcpi, load: varied, shutdownMs: random.int(5, 12) * 1000 })
    )
  }
  const active = [...state.virDomains.values()].filter(isActive)
  const memSize = memorySizeFor(
    active.reduce((sum, vm) => sum + vm.mem, 0),
    state.nodes.size
  )
  for (const node of state.nodes.values()) giveMemory(node, memSize)
  for (const vm of state.virDomains.values()) place(state, vm, startSetsAffinity)
}
