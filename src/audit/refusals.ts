import type { RequestGuard } from '../hypercore/requests/request-guard.ts'
import type { PlannedRequest } from '../hypercore/writes/sequence.ts'
import type { CallAuthority } from '../identity/authority.ts'
import { currentCall } from '../ledger/call-scope.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { Audit } from './audit.ts'
import type { Describer } from './describe.ts'

/** A guard whose refusals are recorded: who was refused what, and why. */
export function recordRefusals(
  guard: RequestGuard,
  audit: Audit,
  describer: Describer
): RequestGuard {
  const refused = (
    error: unknown,
    authority: CallAuthority | undefined,
    request: PlannedRequest | undefined
  ): void => {
    // The cluster's own failures are none.
    if (!(error instanceof BridgeError) || error.statusCode >= 500) return
    audit.refused({
      ...describer.who(authority),
      ...(request && describer.what(request, currentCall())),
      code: error.code,
      message: error.message
    })
  }
  return {
    async admit(request, cluster) {
      try {
        return await guard.admit(request, cluster)
      } catch (error) {
        refused(error, request.authority, request)
        throw error
      }
    },
    async admitAll(requests, authority, ...given) {
      try {
        return await guard.admitAll(requests, authority, ...given)
      } catch (error) {
        // Each is entered: which of them was not to be does not always show.
        for (const request of requests) refused(error, authority, request)
        throw error
      }
    },
    admitSession(request, authority) {
      try {
        return guard.admitSession(request, authority)
      } catch (error) {
        refused(error, authority, request)
        throw error
      }
    },
    async visible(request, ...given) {
      try {
        return await guard.visible(request, ...given)
      } catch (error) {
        refused(error, request.authority, request)
        throw error
      }
    }
  }
}
