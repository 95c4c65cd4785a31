import type { VirDomain } from '../../hypercore/records/records.ts'
import type { ToolContext } from '../define-tool.ts'
import { optionalList } from '../read/optional-list.ts'

/** All VMs, for what is to be noted of a new name or address; none where they cannot be read. */
export const knownVms = (context: ToolContext): Promise<VirDomain[]> =>
  optionalList(context, '/VirDomain')
