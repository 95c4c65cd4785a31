import type { Entity } from '../../lib/json/schema-keywords.ts'
import { type Candidate, matchName, vmCandidate } from '../arguments/match-name.ts'
import type { ToolContext } from '../define-tool.ts'

/**
 * The VM that has a name, as a whole, by a list of a few seconds ago, and that has it still, as it was read
 * itself now: what a list of a thousand costs is spared. Undefined where that list has none or several of
 * that name, or the VM has since been renamed or deleted: then the current list decides.
 *
 * For calls that read. Another VM that got the same name elsewhere in those seconds is not seen.
 */
export async function recentVm(
  { hypercore, signal }: ToolContext,
  entity: Entity,
  text: string
): Promise<Candidate | undefined> {
  const recent = entity === 'vm' ? hypercore.recentlyCalled(text) : undefined
  if (recent === undefined) return undefined
  // A part of a name may be the whole name of another by now.
  const [one, ...others] = matchName(recent, text, 'caseInsensitive')
  if (one === undefined || others.length > 0) return undefined
  const vm = await hypercore.known('/VirDomain', one.uuid, { signal })
  return vm?.name === one.names[0] ? vmCandidate(vm) : undefined
}
