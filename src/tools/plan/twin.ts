import type { CallableClient, ClusterCall } from '../../hypercore/cluster-api.ts'
import type { ClusterRecords, RecordLists } from '../../hypercore/records/cluster-records.ts'
import type { PlannedRequest } from '../../hypercore/writes/sequence.ts'

/** A write that a trial sent to its copy of the cluster. */
export interface TriedWrite {
  request: Omit<PlannedRequest, 'stream'>
  timeoutMs: number | undefined
  /** The uuid of what it made; empty for nothing. */
  createdUUID: string
  /** What it acts on, as it was right before, by uuid. */
  before: ReadonlyMap<string, { path: string; record: Record<string, unknown> }>
  /** The same right after, without what was deleted. */
  after: ReadonlyMap<string, { path: string; record: Record<string, unknown> }>
}

/** A copy of the cluster, in this process. Nothing that is done to it reaches anybody. */
export interface Twin {
  client: CallableClient
  /** The writes it took, in their order. */
  writes: readonly TriedWrite[]
  /** Its records now. They keep changing: copy what is kept. */
  lists(): RecordLists
  close(): void
}

/** Where a copy reads what is not in its records, such as statistics. */
export type TwinSource = Pick<ClusterCall, 'request' | 'updates'>

/**
 * Creates a copy.
 * @param source used for reads alone
 */
export type MakeTwin = (records: ClusterRecords, source: TwinSource) => Promise<Twin>
