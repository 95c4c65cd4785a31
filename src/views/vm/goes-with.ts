import type { VirDomain } from '../../hypercore/records/records.ts'
import { counted } from '../../lib/text/units.ts'
import { diskSize, isDisk } from './fields.ts'

/** What is deleted with a VM, for a sentence: `2 disks (140 GiB) and 3 snapshots` (FACTS 5.5: S, I). */
export function goesWith(vm: VirDomain): string {
  const disks = vm.blockDevs.filter(isDisk).length
  const { snapUUIDs, replicationUUIDs, sourceVirDomainUUID } = vm
  return [
    disks === 0 ? 'no disk' : `${counted(disks, 'disk')} (${diskSize(vm)})`,
    ` and ${snapUUIDs.length === 0 ? 'no snapshot' : counted(snapUUIDs.length, 'snapshot')}`,
    replicationUUIDs.length === 0
      ? ''
      : `, and its ${counted(replicationUUIDs.length, 'replication')} to another cluster`,
    sourceVirDomainUUID === '' ? '' : `; it was a replica of VM ${sourceVirDomainUUID}`
  ].join('')
}
