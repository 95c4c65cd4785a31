import type { VirDomain } from '../../hypercore/records/records.ts'
import { ApiError, written, type Call, type Handlers, type World } from '../handler.ts'
import { keepLaterFields, shownVM, type LaterFields } from '../later-fields.ts'
import { TaskFailure } from '../tasks.ts'
import { addBlockDevice, addCloudInit, addNetDevice, given, isCloudInit } from '../vms/build.ts'
import { guestToolsIsoName, isoAt, refreshMounts } from '../vms/iso-mounts.ts'
import { keywordFor, machineTypeFor, type MachineTypeKeyword } from '../vms/machine-types.ts'
import { newGuest, newVirDomain } from '../vms/new-records.ts'
import { isActive } from '../vms/placement.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

interface CreateBody {
  dom: Partial<VirDomain> & LaterFields
  options: { attachGuestToolsISO?: boolean; machineTypeKeyword?: MachineTypeKeyword | '' }
}

type Changes = Partial<VirDomain> & LaterFields

const plainFields = ['name', 'description', 'operatingSystem', 'tags', 'mem', 'numVCPU'] as const

function checkSizes({ mem = 0, numVCPU = 0 }: Changes): void {
  if (mem < 0) throw new ApiError(400, 'mem must not be negative')
  if (numVCPU < 0) throw new ApiError(400, 'numVCPU must not be negative')
}

/** The machine type of a new VM: the option's keyword wins (FACTS 5.2 and 5.3: S). */
function machineTypeOf({ dom, options }: CreateBody): {
  machineType: string
  machineTypeKeyword: string
} {
  const keyword = options.machineTypeKeyword ?? ''
  const machineType =
    keyword === '' ? dom.machineType || machineTypeFor('bios') : machineTypeFor(keyword)
  const machineTypeKeyword = keywordFor(machineType)
  if (machineTypeKeyword === undefined)
    throw new ApiError(400, `Unknown machine type: ${machineType}`)
  return { machineType, machineTypeKeyword }
}

/** Takes the nested records' known fields; the API does not refuse others there (FACTS 3.3: S). */
function setNested(vm: VirDomain, { affinityStrategy, cloudInitData }: Changes): void {
  vm.affinityStrategy = {
    ...vm.affinityStrategy,
    ...given(affinityStrategy ?? {}, ['strictAffinity', 'preferredNodeUUID', 'backupNodeUUID'])
  }
  vm.cloudInitData = {
    ...vm.cloudInitData,
    ...given(cloudInitData ?? {}, ['userData', 'metaData'])
  }
}

/** Fills the new VM with the devices the body asks for, the tools and its cloud-init data. */
function fill(world: World, vm: VirDomain, { dom, options }: CreateBody): void {
  for (const device of dom.blockDevs ?? [])
    addBlockDevice(world, vm, {
      // Not what is read-only: clients copy a disk's allocation, mount points and uuid out of a
      // record, and the cluster ignores them (FACTS 24, high).
      ...given(device, [
        'cacheMode',
        'slot',
        'path',
        'disableSnapshotting',
        'tieringPriorityFactor'
      ]),
      type: device.type,
      capacity: device.capacity,
      uuid: world.random.uuid()
    })
  for (const device of dom.netDevs ?? []) addNetDevice(world, vm, device, world.random.uuid())
  const tools = [...world.state.isos.values()].find((iso) => iso.name === guestToolsIsoName)
  const knownSystem = !['', 'os_other'].includes(vm.operatingSystem)
  if (options.attachGuestToolsISO !== false && knownSystem && tools !== undefined)
    addBlockDevice(world, vm, {
      uuid: world.random.uuid(),
      type: 'IDE_CDROM',
      capacity: 0,
      path: tools.path
    })
  addCloudInit(world, vm)
}

/** Creates a VM, stopped whatever the body says (FACTS 5.2: S). */
function create(call: Call<CreateBody>): unknown {
  const { world, body } = call
  const { state, random, clock } = world
  checkSizes(body.dom)
  const machine = machineTypeOf(body)
  const vm = newVirDomain({
    ...given(body.dom, [...plainFields, 'cpuType', 'snapshotScheduleUUID']),
    ...machine,
    uuid: random.uuid()
  })
  setNested(vm, body.dom)
  const tag = startVmTask(call, {
    vm,
    creates: true,
    description: 'Create Virtual Machine %@',
    durationMs: 1000,
    check: () => checkReferences(world, vm, vm),
    finish() {
      vm.created = clock.seconds()
      fill(world, vm, body)
      keepLaterFields(world, vm.uuid, body.dom)
      state.virDomains.set(vm.uuid, vm)
      state.guests.set(vm.uuid, newGuest({ load: 0.02 + random.next() * 0.1 }))
      refreshMounts(state)
    }
  })
  return written(tag, vm.uuid)
}

/** Refuses nodes, schedules and boot devices that do not exist. */
function checkReferences(world: World, vm: VirDomain, changes: Changes): void {
  const { state } = world
  const refuse = (what: string, uuid: string): never => {
    throw new TaskFailure(`Unable to update VM '%@': there is no ${what} %@`, [vm.name, uuid])
  }
  const { preferredNodeUUID = '', backupNodeUUID = '' } = changes.affinityStrategy ?? {}
  for (const uuid of [preferredNodeUUID, backupNodeUUID])
    if (uuid !== '' && !state.nodes.has(uuid)) refuse('node', uuid)
  const schedule = changes.snapshotScheduleUUID ?? ''
  if (schedule !== '' && !state.snapshotSchedules.has(schedule))
    refuse('snapshot schedule', schedule)
  const devices = new Set([...vm.blockDevs, ...vm.netDevs].map((device) => device.uuid))
  for (const uuid of changes.bootDevices ?? []) if (!devices.has(uuid)) refuse('boot device', uuid)
}

/**
 * PATCH and POST change what the body holds (FACTS 3.3: S). Devices have their own calls, and state
 * is changed by actions: both are ignored here. Memory, CPUs and machine type change while the
 * VM runs too: the record shows them at once (FACTS 24, high), its guest has them from its next start
 * (medium).
 */
function update(call: Call<Changes>): unknown {
  const { world, body } = call
  const vm = targetVM(world, call.params.virDomainUUID)
  checkSizes(body)
  const { machineType } = body
  const keyword = machineType === undefined ? undefined : keywordFor(machineType)
  if (machineType !== undefined && keyword === undefined)
    throw new ApiError(400, `Unknown machine type: ${machineType}`)
  const tag = startVmTask(call, {
    vm,
    description: 'Update Virtual Machine %@',
    durationMs: 500,
    check: () => checkReferences(world, vm, body),
    finish() {
      Object.assign(vm, given(body, [...plainFields, 'cpuType', 'snapshotScheduleUUID']))
      if (machineType !== undefined && keyword !== undefined) {
        vm.machineType = machineType
        vm.machineTypeKeyword = keyword
      }
      if (body.bootDevices !== undefined) vm.bootDevices = [...body.bootDevices]
      setNested(vm, body)
      keepLaterFields(world, vm.uuid, body)
      refreshMounts(world.state)
    }
  })
  return written(tag)
}

/** Deletes a stopped VM with its disks and snapshots; a running one is refused (FACTS 5.5: S, I). */
function remove(call: Call): unknown {
  const { world } = call
  const { state } = world
  const vm = targetVM(world, call.params.virDomainUUID)
  const check = (): void => {
    if (isActive(vm)) throw new TaskFailure("Unable to delete VM '%@': it is running", [vm.name])
  }
  const tag = startVmTask(call, {
    vm,
    description: 'Delete Virtual Machine %@',
    durationMs: 1000,
    check,
    finish() {
      check()
      for (const device of vm.blockDevs)
        if (isCloudInit(device)) state.isos.delete(isoAt(state, device.path)?.uuid ?? '')
      for (const snapshot of state.snapshots.values())
        if (snapshot.domainUUID === vm.uuid) state.snapshots.delete(snapshot.uuid)
      for (const uuid of vm.replicationUUIDs) state.replications.delete(uuid)
      state.virDomains.delete(vm.uuid)
      state.guests.delete(vm.uuid)
      for (const { uuid } of [vm, ...vm.blockDevs]) state.labels.delete(uuid)
      state.notRunnable.delete(vm.uuid)
      refreshMounts(state)
    }
  })
  return written(tag)
}

/** Virtual machines: reading, creating, changing, deleting (FACTS 5.1 to 5.5). */
export const virDomainHandlers: Handlers = {
  ...readHandlers(
    '/VirDomain',
    ({ world }) => [...world.state.virDomains.values()].map((vm) => shownVM(world, vm)),
    'virDomainUUID'
  ),
  'POST /VirDomain': create,
  'POST /VirDomain/{virDomainUUID}': update,
  'PATCH /VirDomain/{virDomainUUID}': update,
  'DELETE /VirDomain/{virDomainUUID}': remove
}
