import type { Effect } from '../../lib/effect.ts'
import type { HttpMethod } from '../../lib/http-method.ts'
import { isObject } from '../../lib/json.ts'
import { isUuid } from '../../lib/uuid.ts'
import type { Catalog } from '../load.ts'

/** The effect of a request, or of a part of it, and what of it has that effect. */
export interface Judged {
  effect: Effect
  reason: string
}

/** Something a request acts on; without uuid, the one there is. */
export interface JudgedTarget {
  entity: string
  uuid: string
}

/** Where data or logins go to, or come from. */
export interface JudgedAddress {
  kind: 'export' | 'import' | 'other'
  address: string
}

export interface Judgement extends Judged {
  items: Judged[]
  targets: JudgedTarget[]
  addresses: JudgedAddress[]
}

export interface JudgedRequest {
  method: HttpMethod
  path: string
  query?: unknown
  body?: unknown
}

/** Judges a request by its operation. */
export function judge(catalog: Catalog, { method, path, body }: JudgedRequest): Judgement {
  const operation = catalog
    .match(`/rest/v1${path}`)
    ?.operations.find((candidate) => candidate.method === method)
  const byRisk: Record<string, Effect> = { read: 'read', write: 'change', destructive: 'lose' }
  const effect = operation === undefined ? 'control' : (byRisk[operation.risk] ?? 'control')
  const reason = operation?.summary ?? `${method} ${path} is unknown`
  const [, entity = '', uuid = ''] = path.split('/')
  const items: unknown[] = Array.isArray(body) ? body : []
  const targets = [
    ...(isUuid(uuid) ? [{ entity, uuid: uuid.toLowerCase() }] : []),
    ...items.flatMap((item) =>
      isObject(item) && typeof item['virDomainUUID'] === 'string'
        ? [{ entity: 'VirDomain', uuid: item['virDomainUUID'].toLowerCase() }]
        : []
    )
  ]
  return { effect, reason, items: [{ effect, reason }], targets, addresses: [] }
}
