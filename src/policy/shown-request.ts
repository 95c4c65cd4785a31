import { redactBody } from '../catalog/call/body-secrets.ts'
import type { Catalog, Schema } from '../catalog/load.ts'
import type { ClusterRequest } from '../hypercore/cluster-api.ts'
import { streamFacts } from '../hypercore/requests/stream-body.ts'
import type { PlanRequest } from './plan.ts'

/** What the catalog says of the body of a request. */
export function bodySchema(
  catalog: Catalog,
  { method, path }: Pick<ClusterRequest, 'method' | 'path'>
): Schema | undefined {
  const found = catalog.match(`/rest/v1${path}`)
  return found?.operations.find((operation) => operation.method === method)?.body?.schema
}

/** A request as a person sees it: secrets redacted, of bytes what is known of them. */
export function shownRequest(catalog: Catalog, request: ClusterRequest): PlanRequest {
  const { method, path, query, body, stream } = request
  const shown = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {}))
    if (typeof value === 'object') for (const item of value) shown.append(name, item)
    else if (value !== undefined) shown.append(name, String(value))
  return {
    method,
    path: `/rest/v1${path}${shown.size === 0 ? '' : `?${shown.toString()}`}`,
    body:
      stream === undefined
        ? (redactBody(catalog, bodySchema(catalog, request), body) ?? null)
        : streamFacts(stream)
  }
}
