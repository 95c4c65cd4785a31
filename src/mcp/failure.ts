import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { type BridgeError, toBridgeError } from '../errors.ts'
import { blankCredentials } from '../secrets.ts'

/** Told why something failed where the caller is told only that it did. */
export type TellCause = (cause: unknown) => void

/** A failure for the caller: its code, and the sentence REST gives. */
export function describeFailure(
  error: unknown,
  tellCause: TellCause
): Pick<BridgeError, 'code' | 'statusCode' | 'message'> {
  const { code, statusCode, message, cause } = toBridgeError(error)
  if (code === 'INTERNAL') tellCause(cause)
  return { code, statusCode, message: blankCredentials(message) }
}

/**
 * A failure of what has no result with `isError`, such as reading a resource, as an error of
 * JSON-RPC: -32602 for what the caller can mend, -32603 for all else. `data.code` is REST's.
 */
export function protocolError(error: unknown, tellCause: TellCause): ProtocolError {
  if (error instanceof ProtocolError) return error
  const { code, statusCode, message } = describeFailure(error, tellCause)
  return new ProtocolError(
    statusCode < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    message,
    { code }
  )
}
