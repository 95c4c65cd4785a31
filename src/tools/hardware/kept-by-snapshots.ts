import type { VirDomain, VirDomainBlockDevice } from '../../hypercore/records/records.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { snapshotName } from '../../views/snapshot.ts'
import type { ToolContext } from '../define-tool.ts'

/**
 * Whether the newest snapshot of a VM holds a disk, as a sentence: a disk is cloned out of a snapshot
 * also after it was deleted (FACTS 6.1, O), unless it was kept out of snapshots (FACTS 8.1, I).
 */
export async function keptBySnapshots(
  { hypercore, signal }: ToolContext,
  vm: VirDomain,
  { uuid }: VirDomainBlockDevice
): Promise<string> {
  const newest = vm.snapUUIDs.at(-1)
  if (newest === undefined) return 'No snapshot holds it: its data cannot be brought back'
  const snapshot = await hypercore.record('/VirDomainSnapshot', newest, { signal })
  if (snapshot?.deviceSnapshots.some((device) => device.uuid === uuid) !== true)
    return 'The newest snapshot does not hold it'
  return `Snapshot ${quoteName(snapshotName(snapshot))} holds it: run_api POST /VirDomainBlockDevice/${uuid}/clone with snapUUID ${newest} brings it back`
}
