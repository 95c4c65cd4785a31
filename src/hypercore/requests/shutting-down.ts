import { BridgeError } from '../../lib/errors/errors.ts'

/** What who comes too late is told. */
export const shuttingDown = (): BridgeError =>
  new BridgeError('SHUTTING_DOWN', 'The bridge is shutting down: call again when it runs again.')
