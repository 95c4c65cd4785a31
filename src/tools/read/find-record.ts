import { BridgeError } from '../../lib/errors/errors.ts'
import type { Node, VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import type { Entities, EntityPath } from '../../hypercore/records/entities.ts'

async function find<P extends EntityPath>(
  { hypercore, signal }: ClusterAccess,
  path: P,
  uuid: string,
  missing: string
): Promise<Entities[P]> {
  const record = await hypercore.known(path, uuid, { signal })
  // For an unknown uuid the cluster returns 200 and [] (FACTS 3.1, S): no success to its caller.
  if (record === undefined) throw new BridgeError('NOT_FOUND', missing)
  return record
}

/** @throws {BridgeError} NOT_FOUND saying how to find the right one. */
export const findVm = (context: ClusterAccess, uuid: string): Promise<VirDomain> =>
  find(
    context,
    '/VirDomain',
    uuid,
    `No VM has the uuid ${uuid}: fetch_vm finds it by name, vm_read lists all`
  )

/** @throws {BridgeError} NOT_FOUND saying how to find the right one. */
export const findSnapshot = (context: ClusterAccess, uuid: string): Promise<VirDomainSnapshot> =>
  find(
    context,
    '/VirDomainSnapshot',
    uuid,
    `No snapshot has the uuid ${uuid}: vmSnapshots_read lists them, with vmUUID those of one VM`
  )

/** @throws {BridgeError} NOT_FOUND saying how to find the right one. */
export const findNode = (context: ClusterAccess, uuid: string): Promise<Node> =>
  find(context, '/Node', uuid, `No node has the uuid ${uuid}: node_read lists them`)
