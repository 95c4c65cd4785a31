import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server'
import type { Principal } from '../identity/principal.ts'

/** A principal in the form in which the SDK passes it on; the token stays behind. */
export const authInfoOf = (principal: Principal): AuthInfo => ({
  token: '',
  clientId: principal.name,
  scopes: [...principal.scopes],
  extra: { principal }
})

/** The principal of a request over HTTP. @throws {Error} for one that came without */
export function principalIn(authInfo: AuthInfo | undefined): Principal {
  const principal = authInfo?.extra?.['principal'] as Principal | undefined
  if (principal === undefined) throw new Error('An MCP request came without its principal')
  return principal
}

/** Who sends a request: by its token over HTTP, the user that started the bridge over stdio. */
export const principalOf = ({ http }: ServerContext, atStdio: Principal): Principal =>
  http === undefined ? atStdio : principalIn(http.authInfo)
