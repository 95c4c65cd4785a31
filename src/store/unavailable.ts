import { BridgeError } from '../lib/errors/errors.ts'
import { ConditionError, type Store } from './store.ts'

/** Nothing was sent, because what has to be kept of it could not be kept. */
export function storeUnavailable(store: Store, cause: unknown): BridgeError {
  if (cause instanceof BridgeError) return cause
  const message =
    cause instanceof ConditionError
      ? 'This bridge was held up for so long that another has taken its place, so nothing more was sent. Call again with the same arguments for its result'
      : `The bridge could not enter the call in its ledger of writes, so it was not sent. ${store.advice}`
  return new BridgeError('LEDGER_UNAVAILABLE', message, { cause })
}
