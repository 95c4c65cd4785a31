import type { VirDomain } from '../../hypercore/records.ts'
import { BridgeError } from '../../lib/errors.ts'
import { quoteText } from '../../lib/quote.ts'
import { nodeNames } from '../../views/node.ts'
import { vmView } from '../../views/vm/fields.ts'
import type { ToolContext } from '../define-tool.ts'
import { ListEntry } from '../list/list-entry.ts'
import { applyFilter } from '../list/list-filter.ts'

/**
 * The VMs that a filter finds, as vm_read would.
 * @throws {BridgeError} NOT_FOUND where it finds none
 */
export async function filterVms(
  { hypercore, signal }: ToolContext,
  vms: readonly VirDomain[],
  filter: string
): Promise<VirDomain[]> {
  const view = vmView(nodeNames(await hypercore.knownList('/Node', { signal })))
  const entries = vms.map((vm) => ({
    vm,
    entry: new ListEntry({ ...vm }, () => ({ ...vm, ...view.describe?.(vm) }))
  }))
  const found = applyFilter(
    entries.map(({ entry }) => entry),
    filter
  )
  const held = new Set(found.entries)
  if (held.size === 0)
    throw new BridgeError(
      'NOT_FOUND',
      `No VM is found by ${quoteText(filter, 100)}: ${found.hints.join('; ')}. Give names, tag:prod, or a filter as vm_read has it`
    )
  return entries.flatMap(({ vm, entry }) => (held.has(entry) ? [vm] : []))
}
