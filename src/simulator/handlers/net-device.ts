import type { VirDomain, VirDomainNetDevice } from '../../hypercore/records/records.ts'
import { internalError, written, type Call, type Handlers } from '../handler.ts'
import { shortUuid, TaskFailure } from '../tasks.ts'
import { addNetDevice, given } from '../vms/build.ts'
import { findNetDevice, nextMac, refreshAddresses } from '../vms/net-devices.ts'
import { isActive } from '../vms/placement.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

type Body = Partial<VirDomainNetDevice>

function target(call: Call): { vm: VirDomain; device: VirDomainNetDevice } {
  const found = findNetDevice(call.world.state.virDomains.values(), call.params.uuid ?? '')
  if (found === undefined) throw internalError()
  return found
}

/** Adding and removing need the VM off (FACTS 7: S). */
function mustBeOff(vm: VirDomain, what: string): void {
  if (isActive(vm))
    throw new TaskFailure(`Unable to ${what} network device of VM '%@': it is running`, [vm.name])
}

function mustExist(vm: VirDomain, device: VirDomainNetDevice): void {
  if (!vm.netDevs.includes(device))
    throw new TaskFailure("Virtual Machine '%@' has no network device %@", [
      vm.name,
      shortUuid(device.uuid)
    ])
}

function create(call: Call<Body>): unknown {
  const { world, body } = call
  const vm = targetVM(world, body.virDomainUUID)
  const uuid = world.random.uuid()
  const check = (): void => mustBeOff(vm, 'create')
  const tag = startVmTask(call, {
    vm,
    description: 'Create network device %@ for Virtual Machine %@',
    parameters: [shortUuid(uuid), vm.name],
    durationMs: 1000,
    check,
    finish() {
      check()
      addNetDevice(world, vm, body, uuid)
    }
  })
  return written(tag, uuid)
}

/** VLAN and link change at any time, type and MAC address only while the VM is off (FACTS 5.4, I). */
function update(call: Call<Body>): unknown {
  const { world, body } = call
  const { vm, device } = target(call)
  const check = (): void => {
    mustExist(vm, device)
    const { type = device.type, macAddress = device.macAddress } = body
    if (type !== device.type || macAddress !== device.macAddress)
      mustBeOff(vm, 'change type or MAC address of')
  }
  const tag = startVmTask(call, {
    vm,
    description: 'Update network device %@ for Virtual Machine %@',
    parameters: [shortUuid(device.uuid), vm.name],
    durationMs: 500,
    check,
    finish() {
      check()
      Object.assign(device, given(body, ['type', 'macAddress', 'vlan', 'connected']))
      if (device.macAddress === '') device.macAddress = nextMac(world.state.counters)
      refreshAddresses(vm)
    }
  })
  return written(tag)
}

function remove(call: Call): unknown {
  const { vm, device } = target(call)
  const check = (): void => {
    mustExist(vm, device)
    mustBeOff(vm, 'delete')
  }
  const tag = startVmTask(call, {
    vm,
    description: 'Delete network device %@ for Virtual Machine %@',
    parameters: [shortUuid(device.uuid), vm.name],
    durationMs: 1000,
    check,
    finish() {
      check()
      vm.netDevs = vm.netDevs.filter((other) => other !== device)
      vm.bootDevices = vm.bootDevices.filter((uuid) => uuid !== device.uuid)
    }
  })
  return written(tag)
}

/** Network devices of all VMs (FACTS 7). */
export const netDeviceHandlers: Handlers = {
  ...readHandlers('/VirDomainNetDevice', ({ world }) =>
    [...world.state.virDomains.values()].flatMap((vm) => vm.netDevs)
  ),
  'POST /VirDomainNetDevice': create,
  'POST /VirDomainNetDevice/{uuid}': update,
  'PATCH /VirDomainNetDevice/{uuid}': update,
  'DELETE /VirDomainNetDevice/{uuid}': remove
}
