import type { ClusterRequest } from '../hypercore/cluster-api.ts'
import type { RequestGuard } from '../hypercore/request-guard.ts'
import { currentCall } from '../ledger/call-scope.ts'
import { BridgeError } from '../lib/errors.ts'
import type { Audit } from './audit.ts'
import type { Describer } from './describe.ts'

/** A guard whose refusals are recorded: who was refused what, and why. */
export function recordRefusals(
  guard: RequestGuard,
  audit: Audit,
  describer: Describer
): RequestGuard {
  const record = (request: ClusterRequest, error: unknown): void => {
    // The cluster's own failures are none.
    if (error instanceof BridgeError && error.statusCode < 500)
      audit.refused({
        ...describer.who(request.authority),
        ...describer.what(request, currentCall()),
        code: error.code,
        message: error.message
      })
  }
  return {
    async admit(request, cluster) {
      try {
        return await guard.admit(request, cluster)
      } catch (error) {
        record(request, error)
        throw error
      }
    },
    admitSession(request, authority) {
      try {
        return guard.admitSession(request, authority)
      } catch (error) {
        record(request, error)
        throw error
      }
    },
    visible: (...given) => guard.visible(...given)
  }
}
