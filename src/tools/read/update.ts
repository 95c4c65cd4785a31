import type { ClusterAccess } from '../../hypercore/cluster-api.ts'
import type { Condition } from '../../hypercore/records/records.ts'
import type { AvailableUpdate, ClusterUpdate } from '../../views/update.ts'
import { PartialRead } from './partial-read.ts'

/** When the cluster itself set the sign of an update, which is later than it began (FACTS 24, high). */
const sinceOf = (conditions: readonly Condition[]): number[] =>
  conditions
    .filter(({ name, value }) => name === 'condition.updateInProgress' && value)
    .map(({ lastSetTime }) => lastSetTime)

/**
 * The update that runs or ran last, by the files of all nodes, with the installed version and those on
 * offer. What the API does not give while it restarts is left out, and said.
 * @throws {BridgeError} where nothing at all is to be had
 */
export async function readUpdate({ hypercore, signal }: ClusterAccess): Promise<ClusterUpdate> {
  const reads = new PartialRead()
  const query = { includeSet: true, name: 'updateInProgress' }
  const [state, cluster, offers, conditions = []] = await Promise.all([
    hypercore.updates.look({ whole: true }),
    reads.take('the cluster', hypercore.cluster({ signal })),
    reads.take('updates', hypercore.list('/Update', { signal })),
    reads.take('conditions', hypercore.list('/Condition/filter', { query, signal }))
  ])
  const failure = reads.unread[0]?.error
  if (failure !== undefined && state.nodes.every(({ error }) => error !== undefined)) throw failure
  const seen = state.seenAt === undefined ? [] : [state.seenAt]
  const available = offers?.map(({ uuid, description }): AvailableUpdate => ({
    version: uuid,
    description
  }))
  return {
    state,
    installed: cluster?.icosVersion,
    available,
    startedAt: state.running ? Math.min(...seen, ...sinceOf(conditions)) : undefined,
    unread: failure?.message
  }
}
