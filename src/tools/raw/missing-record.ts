import type { ApiCall } from '../../catalog/call/check-call.ts'
import type { Operation } from '../../catalog/load.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import type { Entity } from '../../lib/json/schema-keywords.ts'
import type { ToolContext } from '../define-tool.ts'
import { recordAt } from './record-at.ts'
import { referencesIn } from './references.ts'

const places: Record<Entity, { path: string; one: string; lists: string }> = {
  vm: { path: '/VirDomain', one: 'VM', lists: 'vm_read lists all' },
  node: { path: '/Node', one: 'node', lists: 'node_read lists them' },
  snapshot: { path: '/VirDomainSnapshot', one: 'snapshot', lists: 'vmSnapshots_read lists them' },
  schedule: {
    path: '/VirDomainSnapshotSchedule',
    one: 'snapshot schedule',
    lists: 'snapshotSchedule_read lists them'
  },
  iso: { path: '/ISO', one: 'ISO image', lists: 'iso_read lists them' }
}

/** Uuids of a body that are looked for: a list of a thousand actions is not read one by one. */
const maxLooks = 10

/** What a call speaks of and the cluster does not have, in words; undefined where all is there. */
async function missing(
  context: ToolContext,
  call: ApiCall,
  operation: Operation | undefined
): Promise<string | undefined> {
  const [entity = '', id] = call.path.slice(1).split('/')
  if (id !== undefined && operation?.path.split('/')[2]?.startsWith('{') === true) {
    const { found } = await recordAt(context, `/${entity}/${id}`)
    if (found === false) {
      const known = Object.values(places).find(({ path }) => path === `/${entity}`)
      const list = context.catalog.find('GET', `/${entity}`)?.tool
      const where = known?.lists ?? `${list ?? `run_api GET /${entity}`} lists them`
      return `no ${known?.one ?? entity} has the uuid ${id}: ${where}`
    }
  }
  for (const { entity: kind, uuid } of referencesIn(call.body).slice(0, maxLooks)) {
    const { path, one, lists } = places[kind]
    if ((await recordAt(context, `${path}/${uuid}`)).found === false)
      return `no ${one} has the uuid ${uuid}: ${lists}`
  }
  return undefined
}

/**
 * The failure of a call, with what it speaks of and does not exist: the cluster says "internal error"
 * then, as it does for much else (FACTS 3.4, O).
 */
export async function explainFailure(
  context: ToolContext,
  call: ApiCall,
  operation: Operation | undefined,
  error: unknown
): Promise<unknown> {
  if (!(error instanceof BridgeError) || error.code !== 'CLUSTER_ERROR') return error
  if (call.method === 'GET') return error
  const reason = await missing(context, call, operation)
  if (reason === undefined) return error
  const { status, answer } = error.details
  return new BridgeError(
    'NOT_FOUND',
    `${call.method} ${call.path} changed nothing: ${reason}. The cluster failed with ${String(status)} for it`,
    { details: { ...(answer !== undefined && { answer }) }, cause: error }
  )
}
