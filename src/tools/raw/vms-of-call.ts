import type { ApiCall } from '../../catalog/call/check-call.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import type { ToolContext } from '../define-tool.ts'
import { recordAt } from './record-at.ts'
import { referencesIn } from './references.ts'

/** What belongs to a VM and has a path of its own, with the field that names the VM (FACTS 6, 7 and 8, S). */
const ownerField: Readonly<Record<string, string>> = {
  VirDomainBlockDevice: 'virDomainUUID',
  VirDomainNetDevice: 'virDomainUUID',
  VirDomainSnapshot: 'domainUUID'
}

/**
 * The VMs that a write acts on: those its path or its body names, and the one that the disk, NIC or
 * snapshot of its path belongs to, which is read.
 */
export async function vmsOfCall(context: ToolContext, { path, body }: ApiCall): Promise<string[]> {
  const [, entity = '', id = ''] = path.split('/')
  const inBody = referencesIn(body)
    .filter(({ entity: kind }) => kind === 'vm')
    .map(({ uuid }) => uuid)
  const field = Object.hasOwn(ownerField, entity) ? ownerField[entity] : undefined
  const owner =
    field === undefined || !isUuid(id)
      ? undefined
      : (await recordAt(context, `/${entity}/${id}`)).record?.[field]
  const found = [...(entity === 'VirDomain' ? [id] : []), owner, ...inBody]
  const uuids = found.filter((uuid) => typeof uuid === 'string' && isUuid(uuid)) as string[]
  return [...new Set(uuids.map((uuid) => uuid.toLowerCase()))]
}
