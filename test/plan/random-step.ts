import type { VirDomain } from '../../src/hypercore/records/records.ts'
import type { Random } from '../../src/simulator/random.ts'
import type { ClusterState } from '../../src/simulator/state.ts'

/** A step as a caller writes it. */
export interface WantedStep {
  tool: string
  args: Record<string, unknown>
  /** The name of the VM that it makes. */
  makes?: string
}

const GiB = 1024 ** 3

type Maker = (about: {
  state: ClusterState
  random: Random
  vm: string
  /** The record of that VM; undefined for one that the plan makes. */
  record: VirDomain | undefined
  node: string
  iso: string
  fresh: () => string
}) => WantedStep

const actions = [
  'START',
  'START',
  'SHUTDOWN',
  'STOP',
  'PAUSE',
  'REBOOT',
  'RESET',
  'LIVEMIGRATE',
  'LIVEMIGRATE'
]

const makers: readonly Maker[] = [
  ({ vm, fresh }) => ({ tool: 'snapshotVM', args: { vm, label: fresh() } }),
  ({ vm, fresh }) => {
    const name = fresh()
    return { tool: 'cloneVM', args: { vm, name }, makes: name }
  },
  ({ random, fresh }) => {
    const name = fresh()
    const args = {
      name,
      mem: random.int(1, 8) * GiB,
      numVCPU: random.int(1, 4),
      disks: Array.from({ length: random.int(0, 2) }, () => ({
        capacity: random.int(1, 40) * GiB
      })),
      nics: Array.from({ length: random.int(0, 2) }, () => ({ vlan: random.int(0, 100) })),
      ...(random.chance(0.2) && { operatingSystem: 'os_windows_server_2022' }),
      ...(random.chance(0.2) && { machineType: random.pick(['uefi', 'bios']) })
    }
    return { tool: 'createVM', args, makes: name }
  },
  ({ vm, random, node, fresh }) => ({
    tool: 'updateVM',
    args: {
      vm,
      ...(random.chance(0.4) && { mem: random.int(1, 16) * GiB }),
      ...(random.chance(0.4) && { numVCPU: random.int(1, 8) }),
      ...(random.chance(0.4) && { tags: random.pick(['prod', 'lab,web', 'x']) }),
      ...(random.chance(0.2) && { preferredNodeUUID: node }),
      description: fresh()
    }
  }),
  ({ vm, random, node }) => {
    const actionType = random.pick(actions)
    const nodeUUID = actionType === 'LIVEMIGRATE' || random.chance(0.1) ? { nodeUUID: node } : {}
    return { tool: 'changeVM_state', args: { vm, actionType, ...nodeUUID } }
  },
  ({ vm, random }) => ({
    tool: 'changeVM_state',
    args: { vm, actionType: random.pick(['START', 'SHUTDOWN', 'STOP']) }
  }),
  ({ vm, random }) => ({ tool: 'addDisk', args: { vm, sizeGiB: random.int(1, 50) } }),
  ({ vm, random }) => ({
    tool: 'resizeDisk',
    args: { vm, disk: random.int(0, 1), addGiB: random.int(1, 20) }
  }),
  ({ vm, random }) => ({ tool: 'removeDisk', args: { vm, disk: random.int(0, 2) } }),
  ({ vm, random }) => ({ tool: 'addNIC', args: { vm, vlan: random.int(0, 4000) } }),
  ({ vm, random }) => ({
    tool: 'changeNIC',
    args: { vm, nic: random.int(1, 2), vlan: random.int(0, 100) }
  }),
  ({ vm, random }) => ({ tool: 'removeNIC', args: { vm, nic: random.int(1, 2) } }),
  ({ vm, iso, random }) => ({
    tool: 'insertISO',
    args: { vm, iso, ...(random.chance(0.3) && { bootFirst: true }) }
  }),
  ({ vm }) => ({ tool: 'ejectISO', args: { vm } }),
  ({ state, record, vm, random }) => {
    const snapUUID = record?.snapUUIDs.length ? random.pick(record.snapUUIDs) : 'none'
    return {
      tool: 'delete_snapshotVM',
      args: { vm, snapUUID: state.snapshots.has(snapUUID) ? snapUUID : 'none' }
    }
  },
  ({ vm }) => ({ tool: 'deleteVM', args: { vm } }),
  ({ vm, random }) => ({
    tool: 'restoreVM',
    args: {
      vm,
      snapshot: 'newest',
      ...(random.chance(0.4) && { keepMAC: true }),
      ...(random.chance(0.4) && { startAfter: true })
    }
  }),
  ({ vm, random, fresh }) => ({
    tool: 'changeVMs',
    args: { vms: [vm], action: 'snapshot', label: fresh(), ...(random.chance(0.1) && { wait: 5 }) }
  }),
  ({ random }) => ({
    tool: 'changeVMs',
    args: { vms: ['tag:prod'], action: random.pick(['addTags', 'removeTags']), tags: 'night' }
  }),
  ({ random, fresh }) => ({
    tool: 'snapshotSchedule_create',
    args: { name: fresh(), every: 'day', at: `0${random.int(1, 9)}:00`, keepDays: 7 }
  }),
  ({ vm, state, random }) => ({
    tool: 'snapshotSchedule_assign',
    args: {
      vms: [vm],
      schedule: random.pick([...state.snapshotSchedules.values()].map(({ name }) => name))
    }
  }),
  ({ vm, state }) => {
    const [remote] = state.remoteClusterConnections.values()
    return { tool: 'replicate', args: { vm, to: remote?.uuid ?? 'none' } }
  },
  ({ vm }) => ({ tool: 'exportVM', args: { vm } }),
  ({ record, random }) => ({
    tool: 'run_api',
    args: {
      method: 'PATCH',
      query: `/VirDomain/${record?.uuid ?? 'none'}`,
      payload: { description: `raw ${random.int(1, 1000)}`, numVCPU: random.int(1, 4) }
    }
  })
]

/** A step that may work or not, on what exists or what the steps before it create. */
export function randomStep(
  state: ClusterState,
  random: Random,
  names: readonly string[]
): WantedStep {
  const vms = [...state.virDomains.values()]
  const made = names.length > 0 && random.chance(0.5)
  const record = made ? undefined : random.pick(vms)
  const vm = made ? random.pick(names) : (record?.name ?? '')
  return random.pick(makers)({
    state,
    random,
    vm,
    record,
    node: random.pick([...state.nodes.values()]).uuid,
    iso: random.pick([...state.isos.values()]).name,
    fresh: () => `n-${random.hex(6)}`
  })
}
