import { hash, timingSafeEqual } from 'node:crypto'
import type { Principal, TokenSource } from './principal.ts'
import { type Scope, scopes } from './scope.ts'

const digest = (text: string): Buffer => hash('sha256', text, 'buffer')

/** The bridge administrator: the holder of MCP_BEARER_TOKEN, and who starts it over stdio. */
export const operator: Principal = {
  name: 'operator',
  kind: 'operator',
  scopes: new Set(scopes)
}

/** The same, narrowed by MCP_TOKEN_SCOPE. */
export const operatorWith = (allowed: readonly Scope[]): Principal => ({
  ...operator,
  scopes: new Set(allowed)
})

/** Knows one token, which never expires. Compared in constant time. */
export class StaticToken implements TokenSource {
  readonly #digest: Buffer
  readonly #principal: Principal

  constructor(token: string, principal: Principal) {
    this.#digest = digest(token)
    this.#principal = principal
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    return timingSafeEqual(digest(token), this.#digest) ? this.#principal : undefined
  }

  async approvers(): Promise<string[]> {
    return this.#principal.scopes.has('approve') ? [this.#principal.name] : []
  }
}
