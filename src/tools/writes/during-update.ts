import { isRead, type ClusterRequest } from '../../hypercore/cluster-api.ts'
import { isObject } from '../../lib/json/json.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { updateFacts } from '../../hypercore/updates/update-state.ts'
import { describeUpdate } from '../../views/update.ts'
import type { Tool, ToolContext } from '../define-tool.ts'

type Args = Record<string, unknown>

/** Of a VM: words that only people read. Their change starts no work on a disk, a guest or a node. */
const words = new Set(['name', 'description', 'tags', 'addTags', 'removeTags'])

/** Whether all that is to be changed of a VM is its name, description or tags. */
export const changesWordsOnly = (fields: object): boolean => {
  const names = Object.keys(fields)
  return names.length > 0 && names.every((name) => words.has(name))
}

/**
 * The same for a call of the API: words of a VM, a test mail, and a POST that only reads. Everything
 * else may start a task, move a guest, or meet two versions of the cluster at once.
 */
export function isHarmlessCall({
  method,
  path,
  body
}: Pick<ClusterRequest, 'method' | 'path' | 'body'>): boolean {
  if (isRead(method, path)) return true
  if (/^\/AlertEmailTarget\/[^/]+\/test\/?$/.test(path)) return method === 'POST'
  const isVm = (method === 'PATCH' || method === 'POST') && /^\/VirDomain\/[^/]+\/?$/.test(path)
  return isVm && isObject(body) && changesWordsOnly(body)
}

/** Whether an update must not meet a call: every write that does not say otherwise. */
async function isHurt(tool: Tool, context: ToolContext, args: Args): Promise<boolean> {
  return (await tool.harmlessInUpdate?.(context, args)) !== true
}

/**
 * Begins to look whether an update runs, beside what the call does anyway. The look is shared by all
 * calls of some seconds.
 */
export function lookForUpdate({ hypercore }: ToolContext): void {
  void hypercore.updates.look()
}

/**
 * Refuses a write that a running update could cut off: VMs move from node to node, a node that restarts
 * takes tasks and responses with it, and the vendor's own clients hold writes meanwhile (FACTS 24, high).
 * Nothing is refused where no node says that an update runs.
 * @returns notes for the caller, where the write is sent all the same
 * @throws {BridgeError} UPDATE_IN_PROGRESS
 */
export async function refuseDuringUpdate(
  tool: Tool,
  context: ToolContext,
  args: Args
): Promise<string[]> {
  const { hypercore, duringUpdate } = context
  if (!(await isHurt(tool, context, args))) return []
  const state = await hypercore.updates.look()
  if (!state.running) return []
  const update = describeUpdate(state)
  if (duringUpdate === 'allow')
    return [`${update}: a node that restarts may cut this off, so check the outcome`]
  throw new BridgeError(
    'UPDATE_IN_PROGRESS',
    `Nothing was sent, because ${update}: a node that restarts could cut this off. update_read shows how far it is; call again when it is complete. Reading works meanwhile; the setting DURING_UPDATE=allow of the bridge lets writes through`,
    { details: { update: updateFacts(state) } }
  )
}
