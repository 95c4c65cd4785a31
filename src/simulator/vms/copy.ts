import type { VirDomain } from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import { addBlockDevice, addCloudInit, addNetDevice, given, isCloudInit } from './build.ts'
import { holdsData } from './block-devices.ts'
import { isoAt } from './iso-mounts.ts'
import { keywordFor } from './machine-types.ts'
import { newVirDomain } from './new-records.ts'
import { blockBytes } from './snapshots.ts'

export interface CopyRequest {
  uuid: string
  /** The VM as it was when it was snapshotted or exported. */
  source: VirDomain
  /** What the copy shall have otherwise. */
  template: Partial<VirDomain>
  /** A clone shares its blocks with the source, an imported VM has its own (FACTS 5.7: I). */
  thin: boolean
}

/**
 * A stopped copy of a VM, not yet among the others: new uuids for it and its devices, new MAC
 * addresses unless the template brings them (FACTS 5.7: S). Affinity, snapshots, replication and
 * schedule stay with the source.
 */
export function copyVirDomain(world: World, request: CopyRequest): VirDomain {
  const { source, template, thin } = request
  const machineType = template.machineType ?? source.machineType
  const vm = newVirDomain({
    ...given(source, ['name', 'description', 'operatingSystem', 'mem', 'numVCPU', 'cpuType']),
    ...given(template, [
      'name',
      'description',
      'operatingSystem',
      'mem',
      'numVCPU',
      'cpuType',
      'tags',
      'snapshotScheduleUUID'
    ]),
    uuid: request.uuid,
    created: world.clock.seconds(),
    machineType,
    machineTypeKeyword: keywordFor(machineType) ?? source.machineTypeKeyword,
    cloudInitData: {
      ...source.cloudInitData,
      ...given(template.cloudInitData ?? {}, ['userData', 'metaData'])
    }
  })
  const uuids = new Map<string, string>()
  const newUUID = (old: string): string => {
    const uuid = world.random.uuid()
    uuids.set(old, uuid)
    return uuid
  }
  for (const device of source.blockDevs) {
    if (isCloudInit(device)) continue
    const iso = isoAt(world.state, device.path)
    const shared = Math.min(device.allocation, world.random.int(1, 32) * blockBytes)
    const added = addBlockDevice(world, vm, {
      ...device,
      uuid: newUUID(device.uuid),
      // The ISO may have been deleted since.
      path: iso?.readyForInsert === true ? device.path : '',
      allocation: holdsData(device) ? (thin ? shared : device.allocation) : 0
    })
    if (device.type !== 'IDE_CDROM') added.name = device.name
  }
  for (const [i, device] of (template.netDevs ?? source.netDevs).entries()) {
    const own = template.netDevs === undefined ? { ...device, macAddress: '' } : device
    addNetDevice(world, vm, own, newUUID(source.netDevs[i]?.uuid ?? ''))
  }
  vm.bootDevices = source.bootDevices.flatMap((old) => uuids.get(old) ?? [])
  addCloudInit(world, vm)
  return vm
}
