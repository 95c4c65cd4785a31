import type { VirDomain } from '../../hypercore/records.ts'
import { BridgeError } from '../../lib/errors.ts'
import { quoteText } from '../../lib/quote.ts'
import type { ToolContext } from '../define-tool.ts'
import { meetFilter } from './meet-filter.ts'

/**
 * The VMs that a filter finds, as vm_read would.
 * @throws {BridgeError} NOT_FOUND where it finds none, INVALID_ARGUMENT where it is not understood
 */
export async function filterVms(
  context: ToolContext,
  vms: readonly VirDomain[],
  filter: string
): Promise<VirDomain[]> {
  const found = await meetFilter(context, vms, filter)
  if (found.vms.length > 0) return found.vms
  throw new BridgeError(
    'NOT_FOUND',
    `No VM is found by ${quoteText(filter, 100)}: ${found.hints.join('; ')}. Give names, tag:prod, or a filter as vm_read has it`
  )
}
