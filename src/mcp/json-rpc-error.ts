/** Errors of HTTP, such as a missing token, have no code of their own in JSON-RPC. */
export const httpErrorCode = -32_000

/** An error that belongs to no request, as the body of a response. */
export const jsonRpcErrorBody = (code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null })

/** The same as a whole response. */
export const jsonRpcError = (status: number, code: number, message: string): Response =>
  new Response(jsonRpcErrorBody(code, message), {
    status,
    headers: { 'content-type': 'application/json' }
  })
