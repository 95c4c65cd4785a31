import { BridgeError } from '../lib/errors/errors.ts'
import type { Principal } from './principal.ts'
import type { Scope } from './scope.ts'

/** Who can give a caller more scopes. */
const grantHint: Record<Principal['kind'], string> = {
  operator: 'MCP_TOKEN_SCOPE on the bridge decides',
  token: 'ask the bridge administrator for one that has it (scale-bridge token new)',
  oidc: 'ask the administrator of the identity provider for it, then sign in again'
}

/**
 * The refusal of what a caller may not do.
 * @param what was to be done, as the subject of a sentence: `deleteVM`
 * @param sufficient any one of these would do
 */
export function scopeRequired(
  { kind, scopes }: Pick<Principal, 'kind' | 'scopes'>,
  what: string,
  sufficient: readonly Scope[]
): BridgeError {
  const held = scopes.size === 0 ? 'none' : [...scopes].join(', ')
  return new BridgeError(
    'SCOPE_REQUIRED',
    `${what} requires the scope ${sufficient.join(' or ')}, and this token has ${held}: ${grantHint[kind]}`,
    { details: { scope: sufficient.join(' ') } }
  )
}
