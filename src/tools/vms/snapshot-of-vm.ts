import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { snapshotName, whyUnusable } from '../../views/snapshot.ts'
import type { ToolContext } from '../define-tool.ts'
import { findSnapshot } from '../read/find-record.ts'

/**
 * The snapshot that a copy of a VM is to be created from.
 * @param purpose what cannot be done with one that is of no use: `cloned`
 * @throws {BridgeError} INVALID_ARGUMENT for one of another VM; ILLEGAL_STATE for one that is of no use
 */
export async function snapshotOf(
  context: ToolContext,
  vm: VirDomain,
  snapUUID: string,
  purpose: string
): Promise<VirDomainSnapshot> {
  const snapshot = await findSnapshot(context, snapUUID)
  if (snapshot.domainUUID !== vm.uuid)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `snapUUID is a snapshot of VM ${quoteName(snapshot.domain.name)} (${snapshot.domainUUID}), not of VM ${quoteName(vm.name)}: vmSnapshots_read with vmUUID lists the right ones`
    )
  const reason = whyUnusable(snapshot)
  if (reason !== undefined)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `Snapshot ${quoteName(snapshotName(snapshot))} cannot be ${purpose}: it is ${reason}; vmSnapshots_read lists others`
    )
  return snapshot
}
