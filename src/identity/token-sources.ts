import type { Principal, TokenSource } from './principal.ts'

/** Several sources of tokens as one, asked in their order. */
export class TokenSources implements TokenSource {
  readonly #sources: readonly TokenSource[]

  constructor(sources: readonly TokenSource[]) {
    this.#sources = sources
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    for (const source of this.#sources) {
      const principal = await source.authenticate(token)
      if (principal !== undefined) return principal
    }
    return undefined
  }

  async approvers(): Promise<string[]> {
    const found = await Promise.all(this.#sources.map((source) => source.approvers()))
    return found.flat()
  }
}
