import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticator, Principal } from './principal.ts'
import { scopes } from './scope.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whoever runs the bridge: the holder of MCP_BEARER_TOKEN, and who starts it over stdio. */
export const operator: Principal = {
  name: 'operator',
  kind: 'operator',
  scopes: new Set(scopes)
}

/** Knows one token, which never expires. Compared in constant time. */
export class StaticToken implements Authenticator {
  readonly #digest: Buffer
  readonly #principal: Principal

  constructor(token: string, principal: Principal) {
    this.#digest = digest(token)
    this.#principal = principal
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    return timingSafeEqual(digest(token), this.#digest) ? this.#principal : undefined
  }
}
