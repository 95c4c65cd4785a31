import type { Implementation, ServerContext } from '@modelcontextprotocol/server'
import { isObject } from '../lib/json/json.ts'
import { userTokenHeader } from '../openwebui/caller.ts'
import { metaKey } from './messages.ts'

/** Under which a request of revision 2026-07-28 says who sends it. */
const clientInfoKey = metaKey('clientInfo')

/** Headers that say who calls. That is settled before; nothing behind it needs them. */
export const proofHeaders: ReadonlySet<string> = new Set(['authorization', userTokenHeader])

/** Carries the address of an HTTP connection to the calls in it; what a client sends by this name is dropped. */
export const addressHeader = 'x-remote-address'

/** The address of the connection; undefined over stdio. */
export const addressOf = ({ http }: ServerContext): string | undefined =>
  http?.req?.headers.get(addressHeader) ?? undefined

/** What clients said of themselves when their connection began. */
const introduced = new WeakMap<ServerContext, Implementation>()

/** Notes it for a request of that connection. */
export function noteClient(request: ServerContext, client: Implementation | undefined): void {
  if (client !== undefined) introduced.set(request, client)
}

/**
 * Who the client says it is, `claude-desktop 1.2`: with the request, as revision 2026-07-28 has it, when
 * the connection began, or by its User-Agent.
 */
export function clientOf(request: ServerContext): string | undefined {
  const told = request.mcpReq._meta?.[clientInfoKey] ?? introduced.get(request)
  if (isObject(told) && typeof told['name'] === 'string')
    return [told['name'], told['version']].filter((word) => typeof word === 'string').join(' ')
  return request.http?.req?.headers.get('user-agent') ?? undefined
}
