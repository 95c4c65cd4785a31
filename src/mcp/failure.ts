import { ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server'
import { BridgeError, toBridgeError } from '../lib/errors.ts'

/**
 * Told why something failed where the caller is told only that it did. Returns the id of the request,
 * under which the log has it.
 */
export type TellCause = (cause: unknown, request: ServerContext) => string

/** A failure for the caller: its code, and the sentence REST gives. */
export function describeFailure(
  error: unknown,
  tellCause: TellCause,
  request: ServerContext
): Pick<BridgeError, 'code' | 'statusCode' | 'message'> {
  const requestId = error instanceof BridgeError ? undefined : tellCause(error, request)
  const { code, statusCode, message } = toBridgeError(error, requestId)
  return { code, statusCode, message }
}

/**
 * A failure of what has no result with `isError`, such as reading a resource, as an error of
 * JSON-RPC: -32602 for what the caller can fix, -32603 for all else. `data.code` is REST's.
 */
export function protocolError(
  error: unknown,
  tellCause: TellCause,
  request: ServerContext
): ProtocolError {
  if (error instanceof ProtocolError) return error
  const { code, statusCode, message } = describeFailure(error, tellCause, request)
  return new ProtocolError(
    statusCode < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError,
    message,
    { code }
  )
}
