import type { ISO } from '../../hypercore/records/records.ts'
import type { ClusterState } from '../state.ts'

/** The ISO with the drivers and the agent for guests; ours is called so. */
export const guestToolsIsoName = 'scale-guest-tools.iso'

/** The ISO a CD-ROM's path (`scribe/<iso uuid>`) names. */
export const isoAt = (state: ClusterState, path: string): ISO | undefined =>
  state.isos.get(path.replace(/^scribe\//, ''))

/** Brings every ISO's list of VMs into line with what is in their CD-ROM drives. */
export function refreshMounts(state: ClusterState): void {
  for (const iso of state.isos.values()) iso.mounts = []
  for (const vm of state.virDomains.values())
    for (const device of vm.blockDevs) {
      if (device.type !== 'IDE_CDROM' || device.path === '') continue
      const iso = isoAt(state, device.path)
      if (iso?.mounts.some((mount) => mount.vmUUID === vm.uuid) === false)
        iso.mounts.push({ vmUUID: vm.uuid, vmName: vm.name })
    }
}
