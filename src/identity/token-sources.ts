import type { Authenticator, Principal, TokenSource } from './principal.ts'

/** Who holds a token, by the first that knows it; undefined where none does. */
export async function firstToKnow(
  authenticators: readonly Authenticator[],
  token: string
): Promise<Principal | undefined> {
  for (const authenticator of authenticators) {
    const principal = await authenticator.authenticate(token)
    if (principal !== undefined) return principal
  }
  return undefined
}

/** Several sources of tokens as one, asked in their order. */
export class TokenSources implements TokenSource {
  readonly #sources: readonly TokenSource[]

  constructor(sources: readonly TokenSource[]) {
    this.#sources = sources
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    return firstToKnow(this.#sources, token)
  }

  async approvers(): Promise<string[]> {
    const found = await Promise.all(this.#sources.map((source) => source.approvers()))
    return found.flat()
  }
}
