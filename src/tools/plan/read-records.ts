import {
  type ClusterRecords,
  recordEntities,
  type RecordLists
} from '../../hypercore/records/cluster-records.ts'
import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import { BridgeError } from '../../lib/errors/errors.ts'

/** What was read, and the lists that the cluster user may not see. */
export interface ReadRecords extends ClusterRecords {
  unseen: (keyof RecordLists)[]
}

/** Without these nothing can be said at all. */
const required = new Set<keyof RecordLists>(['VirDomain', 'Node'])

const isRefused = (error: unknown): boolean =>
  error instanceof BridgeError &&
  error.code === 'CLUSTER_REFUSED' &&
  (error.statusCode === 403 || error.statusCode === 404)

/** The lists, and those of them that the cluster user may not see. */
export type ReadLists = Pick<ReadRecords, 'lists' | 'unseen'>

/**
 * All records that a plan can change, as they are now and as far as the caller may see them. What the
 * cluster user may not read counts as empty, and is named in `unseen`.
 */
export async function readLists({ hypercore, signal }: ClusterAccess): Promise<ReadLists> {
  const unseen: (keyof RecordLists)[] = []
  const list = async (entity: keyof RecordLists): Promise<unknown[]> => {
    try {
      return await hypercore.list(`/${entity}`, { signal })
    } catch (error) {
      if (required.has(entity) || !isRefused(error)) throw error
      unseen.push(entity)
      return []
    }
  }
  const lists = await Promise.all(recordEntities.map(list))
  return {
    lists: Object.fromEntries(
      recordEntities.map((entity, at) => [entity, lists[at]])
    ) as unknown as RecordLists,
    unseen
  }
}

/** The same with everything else that a copy is created from. */
export async function readRecords(context: ClusterAccess): Promise<ReadRecords> {
  const { hypercore, signal } = context
  const connections = hypercore
    .recordsAt('/RemoteClusterConnection', { signal })
    .catch((error: unknown) => {
      if (isRefused(error)) return []
      throw error
    })
  const [cluster, others, read] = await Promise.all([
    hypercore.cluster({ signal }),
    connections,
    readLists(context)
  ])
  return {
    ...read,
    cluster,
    connections: others.map((each) => ({ ...each, uuid: String(each['uuid']) }))
  }
}
