import type { VirDomain } from '../../hypercore/records/records.ts'
import { vmView } from '../../views/vm/fields.ts'
import type { ListView } from '../../views/list-view.ts'
import type { ToolContext } from '../define-tool.ts'
import { ListEntry } from '../list/list-entry.ts'
import { applyFilter } from '../list/list-filter.ts'
import { factsNamed, readVmFacts } from '../read/vm-facts.ts'
import { readFilterClock } from '../read/zone.ts'

/**
 * The VMs that a filter finds, as vm_read would, and what a reader has to know of how it was read.
 * @throws {BridgeError} INVALID_ARGUMENT where the filter is not understood
 */
export async function meetFilter(
  context: ToolContext,
  vms: readonly VirDomain[],
  filter: string
): Promise<{ vms: VirDomain[]; hints: string[] }> {
  const { hypercore, signal } = context
  const [nodes, { facts, notes }, clock] = await Promise.all([
    hypercore.knownList('/Node', { signal }),
    readVmFacts(context, factsNamed(filter)),
    readFilterClock(context, filter)
  ])
  const view = vmView(nodes, facts)
  const entries = vms.map((vm) => new ListEntry({ ...vm }, () => ({ ...view.describe?.(vm) })))
  const found = applyFilter(entries, filter, view as ListView<object, object>, clock)
  const held = new Set(found.entries)
  return {
    vms: vms.filter((_, i) => held.has(entries[i] as ListEntry)),
    hints: [...found.hints, ...notes]
  }
}
