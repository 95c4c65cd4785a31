import { BridgeError, type ErrorCode } from '../../lib/errors/errors.ts'
import type { Tool } from '../define-tool.ts'

/** The tool that helps after a failure whose own message knows no tools, as a sentence. */
const steps: Partial<Record<ErrorCode, { tool: string; sentence: string; afterReads?: true }>> = {
  OUTCOME_UNKNOWN: {
    tool: 'taskTagStatus_read',
    sentence: 'taskTagStatus_read shows whether it started a task.'
  },
  // A write is refused for the state of its object, and its message says so.
  CLUSTER_ERROR: {
    tool: 'condition_read',
    sentence: 'If it happens again, condition_read shows what is wrong with the cluster.',
    afterReads: true
  },
  LLM_NOT_CONFIGURED: { tool: 'query_api', sentence: 'query_api searches without a model.' }
}

/** After a failure that a running update may be the reason of. */
const followUpdate = 'update_read shows how far the update is.'

/** A failure of a tool, with the tool to call next where that is always the same one. */
export function withNextStep(tool: Tool, error: unknown): unknown {
  if (!(error instanceof BridgeError)) return error
  const step = steps[error.code]
  const helps =
    step !== undefined &&
    step.tool !== tool.name &&
    !(step.afterReads === true && !tool.annotations.readOnlyHint)
  const updates = 'update' in error.details && error.code !== 'UPDATE_IN_PROGRESS'
  const sentences = [...(helps ? [step.sentence] : []), ...(updates ? [followUpdate] : [])]
  if (sentences.length === 0) return error
  const { message } = error
  const first = /[.!?]$/.test(message) ? message : `${message}.`
  return error.reworded([first, ...sentences].join(' '))
}

/** Where the end of a message names what would help: `vm_read lists all VMs`. */
const pointer = /(?:^|[\s(])(\w+) (?:lists|finds|shows)\b[^.;:]*$/

/** After these the call is right but for a value that another tool tells. */
const lackValue: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'INVALID_ARGUMENT'])

/** A name in a message that nothing has. */
const unknownName = /^No [\w ]+ (?:is called|has the label) "/

/** What else it may be. */
const suggestion = /; did you mean /

/**
 * The last sentence after a failure that names a tool to look with. In a call that writes, a name that
 * nothing has is a question for the user: to look for another to take in its place is not safe, and small
 * models say what they are to say, but seldom call what they are to call. A likely one may be tried
 * where nothing can be lost.
 */
function orderFor(
  { name, annotations }: Tool,
  other: string,
  { code, message }: BridgeError
): string | undefined {
  if (annotations.readOnlyHint || code !== 'NOT_FOUND' || !unknownName.test(message))
    return `Call ${other} yourself now, then ${name} again`
  return suggestion.test(message) && !annotations.destructiveHint
    ? undefined
    : 'Say to the user that it does not exist, and ask which one is meant'
}

/**
 * A failure that names the tool to look with, as an order: small models tell the user of a tool that is
 * only spoken of, instead of calling it.
 */
export function withOrder(
  tool: Tool,
  tools: ReadonlyMap<string, Pick<Tool, 'name' | 'annotations'>>,
  error: unknown
): unknown {
  if (!(error instanceof BridgeError) || !lackValue.has(error.code)) return error
  const other = tools.get(pointer.exec(error.message)?.[1] ?? '')
  if (other === undefined || other.name === tool.name || !other.annotations.readOnlyHint)
    return error
  const order = orderFor(tool, other.name, error)
  return order === undefined ? error : error.reworded(`${error.message}. ${order}`)
}
