import { BridgeError, type ErrorCode } from '../../lib/errors/errors.ts'
import { updateFacts, type UpdateState } from './update-state.ts'
import type { UpdateWatch } from './update-watch.ts'

/** Failures that a node brings about when it restarts for an update (FACTS 17 and 24, high). */
const broughtAbout: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_UNREACHABLE',
  'CLUSTER_TIMEOUT',
  'CLUSTER_BAD_ANSWER',
  'CLUSTER_ERROR',
  'CLUSTER_TLS',
  'OUTCOME_UNKNOWN'
])

/** The caller has waited for the failure; a file is served in no time, or not at all. */
const maxWaitMs = 300

/** The message of a failure with what may be the reason: the update that runs. */
export type UpdateNote = (message: string, update: UpdateState) => string

/**
 * A failure, with the update that runs meanwhile where one may be the reason: in its details, and in its
 * message as `note` says it.
 */
export async function withUpdate(
  error: unknown,
  updates: Pick<UpdateWatch, 'look'>,
  note: UpdateNote = (message) => message
): Promise<unknown> {
  if (!(error instanceof BridgeError) || !broughtAbout.has(error.code)) return error
  const state = await updates.look({ maxWaitMs })
  if (!state.running) return error
  const { message, details } = error
  return error.reworded(note(message, state), { ...details, update: updateFacts(state) })
}
