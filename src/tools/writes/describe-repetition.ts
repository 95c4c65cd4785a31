import type { EarlierCall } from '../../ledger/running-call.ts'
import { isLeft, type SequenceRecord } from '../../ledger/sequences.ts'
import type { WriteRecord } from '../../ledger/records.ts'
import { BridgeError, type ErrorCode } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { formatElapsed } from '../task/progress.ts'
import type { ToolContext } from '../define-tool.ts'
import { hasUndo, stepLines } from './sequence-response.ts'
import { followTask, taskResponse } from '../task/write-response.ts'

const insist = 'again: true sends it again'

/** The last write of a call whose task tells the outcome. */
const followable = (writes: readonly WriteRecord[]): WriteRecord | undefined =>
  writes.findLast(({ taskTag }) => taskTag !== '')

const isFinal = (state: unknown): boolean =>
  state === 'COMPLETE' || state === 'ERROR' || state === 'UNKNOWN'

/** The current state of a VM; empty where it no longer exists. */
const stateOf = async ({ hypercore, signal }: ToolContext, uuid: string): Promise<string> =>
  (await hypercore.record('/VirDomain', uuid, { signal }))?.state ?? ''

/** @param steps of a sequence; empty where it is none */
const isAtIt = (tool: string, ago: string, steps: string, details = {}): BridgeError =>
  new BridgeError(
    'VM_BUSY',
    `Another bridge began the same call ${ago} ago and is still at it${steps}. Call ${tool} again in a minute to hear more`,
    { details }
  )

/** What was begun by a bridge that has ended, or by another that is still working on it. */
function leftInTheMiddle(
  sequence: SequenceRecord,
  ago: string,
  isInProgress: boolean
): BridgeError {
  const { id, tool } = sequence
  const steps = stepLines(sequence).join('; ')
  // Others may have ended it since it was left.
  if (isInProgress || (sequence.state === 'RUNNING' && !isLeft(sequence)))
    return isAtIt(tool, ago, `: ${steps}`, { sequence: id })
  const undo = hasUndo(sequence) ? `, undo with sequence ${id} reverts what was done` : ''
  return new BridgeError(
    'OUTCOME_UNKNOWN',
    `The same call was begun ${ago} ago by a bridge that ended in the middle of it: ${steps}. Look at what it changes, then finish it step by step${undo}; ${insist} from the beginning`,
    { details: { sequence: id } }
  )
}

/**
 * What a caller gets whose call is the repetition of one that was sent a moment ago: its outcome as it
 * is now, its uuid, and how to insist. Nothing is sent but looks at its task.
 * @throws {BridgeError} OUTCOME_UNKNOWN where the outcome of the first is not known
 */
export async function describeRepetition(
  context: ToolContext,
  { call, writes, agoMs, isInProgress }: EarlierCall,
  waitSeconds: number
): Promise<unknown> {
  const ago = formatElapsed(agoMs)
  const sequence =
    call.state === 'RUNNING' ? await context.writes.sequences.ofCall(call.callId) : undefined
  if (sequence !== undefined) throw leftInTheMiddle(sequence, ago, isInProgress)
  const response = isObject(call.response) ? call.response : {}
  if (call.error !== undefined)
    throw new BridgeError(
      call.error.code as ErrorCode,
      `${call.error.message} This is the result of the same call ${ago} ago, which is not repeated; ${insist}`
    )
  const write = followable(writes)
  // The outcome of the write stands in a part of its own where the response holds more than that.
  const nested = isObject(response['task']) ? response['task'] : undefined
  const outcome = nested ?? response
  const known = typeof outcome['state'] === 'string' ? outcome['state'] : undefined
  if (write === undefined && isInProgress) throw isAtIt(call.tool, ago, '')
  if (write === undefined && known === undefined && call.state === 'RUNNING')
    throw new BridgeError(
      'OUTCOME_UNKNOWN',
      `The same call was sent ${ago} ago, and its outcome is not known: the bridge ended before ` +
        `the cluster had responded. Look at the object it changes before you repeat it; ${insist}`
    )
  const task =
    write !== undefined && !isFinal(known)
      ? await followTask(context, write.taskTag, waitSeconds)
      : undefined
  const now = task === undefined ? {} : await taskResponse(context, task)
  // Others may have changed it since.
  const [vm = ''] = call.targets
  const state = 'vmState' in outcome ? { vmState: await stateOf(context, vm) } : {}
  const merged: Record<string, unknown> = { ...outcome, ...now, ...state }
  const said = typeof merged['message'] === 'string' ? `: ${merged['message']}` : ''
  const note = `The same call was sent ${ago} ago and is not repeated${said}`
  if (!('message' in merged) && write === undefined)
    return { ...merged, notes: [`${note}; ${insist}`] }
  const told = { ...merged, message: `${note}${/[.!?]$/.test(note) ? '' : '.'} ${insist}` }
  return nested === undefined ? told : { ...response, task: told }
}
