import type { NodeUpdate, UpdateState } from '../hypercore/updates/update-state.ts'
import { describeUpdate, updateFacts } from '../hypercore/updates/update-words.ts'
import { formatMilliseconds } from './condition.ts'

/** A version that can be installed. */
export interface AvailableUpdate {
  version: string
  description: string
}

/** The update that runs or ran last, and what it is between. */
export interface ClusterUpdate {
  state: UpdateState
  /** The version of the node that responded; undefined where none did. */
  installed: string | undefined
  available: AvailableUpdate[] | undefined
  /** Unix ms of the first sign of an update that runs; it may have begun a minute before. */
  startedAt: number | undefined
  /** Why something could not be read. */
  unread: string | undefined
}

/** Fields that have a value. */
const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined)
  ) as Partial<T>

const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`

/** The update that runs or ran last, as other responses show it. */
export const updateFields = (state: UpdateState) => ({
  summary: sentence(describeUpdate(state)),
  ...updateFacts(state),
  ...given({ detail: state.detail })
})

const nodeFields = ({ node, phase, step, percent, toVersion, error }: NodeUpdate) => ({
  node,
  phase,
  ...given({ step, percent, to: toVersion, error })
})

/** The whole of it, for update_read. */
export function clusterUpdateFields({
  state,
  installed,
  available,
  startedAt,
  unread
}: ClusterUpdate) {
  const { summary, phase, ...facts } = updateFields(state)
  const isKnown = startedAt !== undefined && Number.isFinite(startedAt)
  return {
    summary,
    phase,
    running: state.running,
    ...facts,
    ...given({
      startedAt: isKnown ? formatMilliseconds(startedAt) : undefined,
      installed,
      available,
      notes: unread === undefined ? undefined : [`not all could be read: ${unread}`]
    }),
    nodes: state.nodes.map(nodeFields)
  }
}
