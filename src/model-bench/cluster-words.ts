import type { VirDomain, VirDomainSnapshot } from '../hypercore/records/records.ts'
import type { ClusterState } from '../simulator/state.ts'

/** The VM of this name; undefined where there is none. */
export const vmNamed = ({ virDomains }: ClusterState, name: string): VirDomain | undefined =>
  [...virDomains.values()].find((vm) => vm.name === name)

/** Names of the VMs for which something holds, in their order. */
export const namesOf = (
  { virDomains }: ClusterState,
  holds: (vm: VirDomain) => boolean
): string[] => [...virDomains.values()].filter(holds).map(({ name }) => name)

/** The snapshots of the VM of this name. */
export function snapshotsOf(state: ClusterState, name: string): VirDomainSnapshot[] {
  const uuid = vmNamed(state, name)?.uuid
  return [...state.snapshots.values()].filter(({ domainUUID }) => domainUUID === uuid)
}

/** Whether a VM has a tag. */
export const bears = ({ tags }: VirDomain, tag: string): boolean => tags.split(',').includes(tag)

/** Capacities of the disks of a VM in GiB, without CD-ROM drives and the like. */
export const disksGiB = (vm: VirDomain | undefined): number[] =>
  (vm?.blockDevs ?? [])
    .filter(({ type }) => type.endsWith('_DISK'))
    .map(({ capacity }) => capacity / 1024 ** 3)

/** The LAN address of the node on which a VM runs. */
export const addressOf = (state: ClusterState, vm: VirDomain | undefined): string =>
  state.nodes.get(vm?.nodeUUID ?? '')?.lanIP ?? ''
