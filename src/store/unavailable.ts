import { BridgeError } from '../lib/errors.ts'
import type { Store } from './store.ts'

/** Nothing was sent, because what has to be kept of it could not be kept. */
export const storeUnavailable = (store: Store, cause: unknown): BridgeError =>
  cause instanceof BridgeError
    ? cause
    : new BridgeError(
        'LEDGER_UNAVAILABLE',
        `The bridge could not enter the call in its ledger of writes, so it was not sent. ${store.advice}`,
        { cause }
      )
