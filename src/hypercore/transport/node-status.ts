import type { BreakerPosition } from './breaker.ts'
import type { CallKind } from './call-kind.ts'

/** The status of a node for one kind of requests. */
export interface KindStatus {
  kind: CallKind
  position: BreakerPosition
  /** Others are asked first because they are faster. */
  slow: boolean
  /** Mean of the last responses. */
  latencyMs?: number
}

/** The status of a node. */
export interface NodeStatus {
  /** In the order of SCALE_HOST, from 1; those that were found come after. */
  number: number
  node: string
  /** It is not in SCALE_HOST. */
  found?: true
  /** The cluster's list of nodes lacks it: it is asked last. */
  left?: true
  kinds: KindStatus[]
  /** What it did, where it is not asked for everything. */
  reason?: string
}
