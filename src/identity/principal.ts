import type { Scope } from './scope.ts'

/** The person behind a call. */
export interface Person {
  /** Name, id or address, as the source gives it. */
  name: string
  /** Signed by an identity provider or by OpenWebUI; otherwise the holder of the token says so. */
  verified: boolean
  /** The id that the source gives them, which stays when the name changes (`sub`). */
  id?: string | undefined
}

/** Who makes a call, and what the call may do at most. Created by authentication alone. */
export interface Principal {
  /** `operator` for MCP_BEARER_TOKEN, the name of a token of the token file, or the client of a sign-in. */
  name: string
  kind: 'operator' | 'token' | 'oidc'
  scopes: ReadonlySet<Scope>
  /** A call may touch only VMs that have one of these tags; undefined for all VMs. */
  vmTags?: readonly string[] | undefined
  person?: Person | undefined
}

/**
 * Tells callers apart, by token and verified person; what a caller says of itself does not count. The same
 * after a restart.
 */
export const callerKey = ({ kind, name, person }: Principal): string =>
  JSON.stringify([kind, name, person?.verified === true ? (person.id ?? person.name) : ''])

/** Finds out who holds a bearer token. */
export interface Authenticator {
  /**
   * @returns undefined where the token is none that it knows
   * @throws {BridgeError} UNAUTHORIZED for one that it knows and that does not count any more: revoked,
   * expired, of another audience
   */
  authenticate(token: string): Promise<Principal | undefined>
}

/** Tokens among which may be some of people who approve plans. */
export interface TokenSource extends Authenticator {
  /** Names of the tokens that count at this moment and have the scope `approve`. */
  approvers(): Promise<string[]>
}
