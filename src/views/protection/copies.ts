import type {
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot
} from '../../hypercore/records/records.ts'
import { whyUnusable } from '../snapshot.ts'

/** The newest snapshot of each VM that something can be created from, by the uuid of the VM. */
export function newestSnapshots(
  snapshots: readonly VirDomainSnapshot[]
): Map<string, VirDomainSnapshot> {
  const newest = new Map<string, VirDomainSnapshot>()
  for (const snapshot of snapshots) {
    if (whyUnusable(snapshot) !== undefined) continue
    const known = newest.get(snapshot.domainUUID)
    if (known === undefined || known.timestamp < snapshot.timestamp)
      newest.set(snapshot.domainUUID, snapshot)
  }
  return newest
}

/** Whether a VM has snapshots of which none could be read: of what is not seen nothing is said. */
export const hidesSnapshots = (
  { snapUUIDs }: Pick<VirDomain, 'snapUUIDs'>,
  newest: VirDomainSnapshot | undefined
): boolean => newest === undefined && snapUUIDs.length > 0

/** A VM that another cluster replicates to here: it is a copy itself (FACTS 5, S). */
export const isReplica = ({ sourceVirDomainUUID }: VirDomain): boolean => sourceVirDomainUUID !== ''

/**
 * Unix seconds of the newest state of a VM that has arrived at the other cluster; 0 for none yet,
 * undefined where the cluster does not say (FACTS 9.1, S: only where `valid` is 1).
 */
export function arrivedAt({ progress }: VirDomainReplication): number | undefined {
  if (progress?.valid !== 1) return undefined
  const { percentComplete, snapshotFrom, snapshotTo } = progress
  return (percentComplete >= 100 ? snapshotTo : snapshotFrom)?.timestamp ?? 0
}
