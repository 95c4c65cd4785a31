import type { RequestGuard } from '../hypercore/request-guard.ts'
import { currentCall } from '../ledger/call-scope.ts'
import { BridgeError } from '../lib/errors.ts'
import type { Audit } from './audit.ts'
import type { Describer } from './describe.ts'

/** A guard whose refusals are recorded: who was refused what, and why. */
export const recordRefusals = (
  guard: RequestGuard,
  audit: Audit,
  describer: Describer
): RequestGuard => ({
  async admit(request, cluster) {
    try {
      return await guard.admit(request, cluster)
    } catch (error) {
      // The cluster's own failures are none.
      if (error instanceof BridgeError && error.statusCode < 500)
        audit.refused({
          ...describer.who(request.authority),
          ...describer.what(request, currentCall()),
          code: error.code,
          message: error.message
        })
      throw error
    }
  },
  visible: (...given) => guard.visible(...given)
})
