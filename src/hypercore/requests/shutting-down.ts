import { BridgeError } from '../../lib/errors/errors.ts'

/** The error for a call that arrives during shutdown. */
export const shuttingDown = (): BridgeError =>
  new BridgeError('SHUTTING_DOWN', 'The bridge is shutting down: call again when it runs again.')
