import type { Entities, EntityPath } from '../../hypercore/records/entities.ts'
import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import { BridgeError } from '../../lib/errors/errors.ts'

/**
 * A list that only makes a response say more, as the call knows it: empty where it cannot be read.
 * @throws {BridgeError} CALLER_GONE
 */
export async function optionalList<P extends EntityPath>(
  { hypercore, signal }: ClusterAccess,
  path: P
): Promise<Entities[P][]> {
  try {
    return await hypercore.knownList(path, { signal })
  } catch (error) {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return []
    throw error
  }
}
