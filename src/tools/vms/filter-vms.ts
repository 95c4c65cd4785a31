import type { VirDomain } from '../../hypercore/records/records.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { quoteText } from '../../lib/text/quote.ts'
import type { ToolContext } from '../define-tool.ts'
import { meetFilter } from './meet-filter.ts'

/**
 * The VMs that a filter finds, as vm_read would, for a call that changes them: what a list would show with
 * a hint beside it, such as a part of a word for the whole, is refused.
 * @throws {BridgeError} NOT_FOUND where it finds none, INVALID_ARGUMENT where it is not understood or
 * finds others than it says
 */
export async function filterVms(
  context: ToolContext,
  vms: readonly VirDomain[],
  filter: string
): Promise<VirDomain[]> {
  const found = await meetFilter(context, vms, filter)
  if (found.vms.length > 0 && found.hints.length === 0) return found.vms
  if (found.vms.length > 0)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${quoteText(filter, 100)} may mean others than it finds: ${found.hints.join('; ')}. Nothing was sent: pass names, tag:prod, or a filter of which vm_read gives no hint`
    )
  throw new BridgeError(
    'NOT_FOUND',
    `No VM is found by ${quoteText(filter, 100)}: ${found.hints.join('; ')}. Pass names, tag:prod, or a filter as vm_read has it`
  )
}
