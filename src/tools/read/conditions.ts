import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import type { Condition } from '../../hypercore/records/records.ts'
import { worstFirst } from '../../views/condition.ts'

/** The active conditions, the worst first. */
export async function readConditions({ hypercore, signal }: ClusterAccess): Promise<Condition[]> {
  const query = { includeSet: true }
  return worstFirst(await hypercore.list('/Condition/filter', { query, signal }))
}
