/** The codes of JSON-RPC. */
export const jsonRpcCode = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  /** Errors of HTTP, such as a missing token, have no code of their own. */
  http: -32_000
} as const

/** An error as the body of a response; `id` is null where it belongs to no request. */
export const jsonRpcErrorBody = (
  code: number,
  message: string,
  id: string | number | null = null
): string => JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id })

/** The same as a whole response. */
export const jsonRpcError = (
  status: number,
  code: number,
  message: string,
  id: string | number | null = null
): Response =>
  new Response(jsonRpcErrorBody(code, message, id), {
    status,
    headers: { 'content-type': 'application/json' }
  })
