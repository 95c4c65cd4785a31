import { randomUUID } from 'node:crypto'
import type { ServerContext } from '@modelcontextprotocol/server'

/** Carries the id of an HTTP request to the calls in it. */
export const requestIdHeader = 'x-request-id'

/** Of calls that came without one. */
const made = new WeakMap<ServerContext, string>()

/** The id of a call in the log: that of its HTTP request, or over stdio one of its own. */
export function requestIdOf(request: ServerContext): string {
  const id = request.http?.req?.headers.get(requestIdHeader) ?? made.get(request) ?? randomUUID()
  made.set(request, id)
  return id
}
