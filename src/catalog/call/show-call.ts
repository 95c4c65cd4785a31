import { redactBody } from './body-secrets.ts'
import type { ApiCall } from './check-call.ts'
import { judge } from '../effects/judge.ts'
import type { Effect } from '../../lib/effect.ts'
import type { Catalog, Operation } from '../load.ts'

/** A call as it would be sent, and what it would do. Holds no secret of its body. */
export interface ShownCall {
  sent: false
  request: {
    method: string
    path: string
    query: ApiCall['query']
    /** null: none. */
    body: unknown
  }
  /** `POST /User`; absent for what the catalog does not know. */
  operation?: string
  summary?: string
  /** The most severe of what the call would do to the cluster. */
  effect: Effect
  /** Why it is that grave. */
  reason: string
  /** The tool of the bridge that does the same and is to be preferred. */
  tool?: string
}

/** Shows a call instead of sending it. */
export function showCall(
  catalog: Catalog,
  { method, path, query, body }: ApiCall,
  operation: Operation | undefined
): ShownCall {
  const request = {
    method,
    path: `/rest/v1${path}`,
    query,
    body: redactBody(catalog, operation?.body?.schema, body) ?? null
  }
  const { effect, reason } = judge(catalog, { method, path, query, body })
  if (operation === undefined) return { sent: false, request, effect, reason }
  const { summary, tool } = operation
  return {
    sent: false,
    request,
    operation: `${operation.method} ${operation.path}`,
    summary,
    effect,
    reason,
    ...(tool === undefined ? {} : { tool })
  }
}
