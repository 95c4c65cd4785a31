import { tokensOfText } from './tokens.ts'

/**
 * The names of the entities as tokens: VirDomainSnapshotSchedule is vm, snapshot and schedule. A
 * question that leaves out what only this entity's name has is more likely about another one.
 */
export class EntityNames {
  readonly #tokens = new Map<string, string[]>()
  readonly #entitiesWith = new Map<string, number>()

  add(entity: string): void {
    if (this.#tokens.has(entity)) return
    const tokens = [...new Set(tokensOfText(entity))]
    this.#tokens.set(entity, tokens)
    for (const token of tokens)
      this.#entitiesWith.set(token, (this.#entitiesWith.get(token) ?? 0) + 1)
  }

  /** How much a token tells of its entity: one that many names share tells little. */
  #rarity(token: string): number {
    return Math.log(1 + this.#tokens.size / (this.#entitiesWith.get(token) ?? 1))
  }

  /** The share of the name that the weighted tokens of a question leave out, 0 to 1. */
  missing(entity: string, tokens: ReadonlyMap<string, number>): number {
    let whole = 0
    let left = 0
    for (const token of this.#tokens.get(entity) ?? []) {
      const rarity = this.#rarity(token)
      whole += rarity
      left += rarity * Math.max(0, 1 - (tokens.get(token) ?? 0))
    }
    return whole === 0 ? 0 : left / whole
  }
}
