import { BridgeError } from '../lib/errors/errors.ts'

/**
 * The refusal of a write where the operator allows none.
 * @param reason what it would do, in short words
 */
export const readOnlyRefusal = (reason: string): BridgeError =>
  new BridgeError(
    'READ_ONLY',
    `The bridge only reads (READ_ONLY=true), and this would change something: ${reason}. Nothing was sent`
  )
