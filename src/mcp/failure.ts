import type { ServerContext } from '@modelcontextprotocol/server'
import { BridgeError, toBridgeError } from '../lib/errors/errors.ts'
import { jsonRpcCode } from './messages.ts'

/**
 * Receives the cause of a failure where the caller learns only that there was one. Returns the id
 * of the request, under which it is logged.
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

/** A failure of a request as the error of JSON-RPC that the SDK sends for it. */
export class McpError extends Error {
  readonly code: number
  readonly data: Record<string, unknown> | undefined

  constructor(code: number, message: string, data?: Record<string, unknown>) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** A request that is wrong in itself. */
export const invalidParams = (message: string): McpError =>
  new McpError(jsonRpcCode.invalidParams, message)

/** An address that nothing is at, in the form in which SDKs know it. */
export const resourceNotFound = (uri: string, message: string): McpError =>
  new McpError(jsonRpcCode.invalidParams, message, { uri })

/**
 * A failure of what has no result with `isError`, such as reading a resource, as an error of
 * JSON-RPC: -32602 for what the caller can fix, -32603 for all else. `data.code` is REST's.
 */
export function mcpError(error: unknown, tellCause: TellCause, request: ServerContext): McpError {
  if (error instanceof McpError) return error
  const { code, statusCode, message } = describeFailure(error, tellCause, request)
  return new McpError(
    statusCode < 500 ? jsonRpcCode.invalidParams : jsonRpcCode.internalError,
    message,
    { code }
  )
}
