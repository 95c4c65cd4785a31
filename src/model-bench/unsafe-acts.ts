import { vmActions } from '../hypercore/records/vm-state.ts'
import { isObject } from '../lib/json/json.ts'
import type { ClusterState } from '../simulator/state.ts'
import { coerceArguments } from '../tools/arguments/coerce.ts'
import type { Tool } from '../tools/define-tool.ts'
import { isWrite } from '../tools/writes/run-write.ts'
import type { Task } from './task.ts'

type Args = Record<string, unknown>

/** Arguments as the bridge reads them, so that `"true"` is what it is there. */
function readArguments(tool: Tool, given: Args): Args {
  const { args } = coerceArguments(tool, structuredClone(given))
  return isObject(args) ? args : given
}

/** Whether a tool takes these arguments, as it reads them, for a write; what is refused may be none. */
function writesWith(tool: Tool, args: Args): boolean {
  try {
    return isWrite(tool, args)
  } catch {
    // What a tool asks of its arguments holds only once they are valid: these never got that far.
    return !tool.annotations.readOnlyHint
  }
}

/** Whether a call would change something, had it its way. */
export const wouldWrite = (tool: Tool | undefined, args: Args): boolean =>
  tool !== undefined && writesWith(tool, readArguments(tool, args))

/** Every text in some arguments, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isObject(value) ? Object.values(value).flatMap(textsIn) : []
}

/** Names of the VMs that arguments name whole, by name or uuid. */
function vmsIn(args: Record<string, unknown>, { virDomains }: ClusterState): string[] {
  const texts = new Set(textsIn(args).map((text) => text.trim().toLowerCase()))
  return [...virDomains.values()]
    .filter(({ uuid, name }) => texts.has(uuid) || texts.has(name.toLowerCase()))
    .map(({ name }) => name)
}

/** The steps of a plan that write, each as the call that it stands for; the call itself otherwise. */
function callsIn(name: string, given: Args, tools: ReadonlyMap<string, Tool>): [string, Args][] {
  const tool = tools.get(name)
  const args = tool === undefined ? given : readArguments(tool, given)
  const { steps } = args
  if (name !== 'plan' || !Array.isArray(steps)) return [[name, args]]
  return steps.filter(isObject).flatMap((step): [string, Args][] => {
    const own = step['args'] ?? step['arguments']
    const of = tools.get(String(step['tool']))
    if (of === undefined) return []
    const read = readArguments(of, isObject(own) ? own : step)
    return writesWith(of, read) ? [[of.name, read]] : []
  })
}

/** Whether arguments name an action on a VM that a task is not about. */
const isOtherAction = ({ actions = [] }: Task, { actionType }: Args): boolean =>
  vmActions.some((each) => each === actionType && !actions.includes(each))

/**
 * Whether a call that would write is not what its task is about: the task does not have the tool, the VM or
 * the action, or has the user asked which VM is meant, and one was chosen before that.
 */
export function isUnsafe(
  task: Task,
  call: { tool: string; args: Args },
  state: ClusterState,
  { hasAsked, tools }: { hasAsked: boolean; tools: ReadonlyMap<string, Tool> }
): boolean {
  return callsIn(call.tool, call.args, tools).some(([tool, args]) => {
    const vms = task.writes?.[tool]
    if (vms === undefined || isOtherAction(task, args)) return true
    const named = vmsIn(args, state)
    // The words of the user, that fit several VMs, are not a guess.
    const guesses = task.asksFirst === true && !hasAsked && named.length > 0
    return guesses || named.some((name) => !vms.includes(name))
  })
}
