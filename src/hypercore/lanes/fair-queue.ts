/**
 * Waiting items in a fair order: one of each token in turn, each token's own in order of arrival.
 * A token that adds a hundred at once lets one of another token pass after each.
 */
export class FairQueue<T> {
  /** By token; the one whose turn is next comes first. */
  readonly #byToken = new Map<string, Set<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(token: string, item: T): void {
    const own = this.#byToken.get(token) ?? new Set()
    this.#byToken.set(token, own.add(item))
    this.#size += 1
  }

  remove(token: string, item: T): void {
    const own = this.#byToken.get(token)
    if (own?.delete(item) !== true) return
    this.#size -= 1
    if (own.size === 0) this.#byToken.delete(token)
  }

  /**
   * Takes out the first in turn that fits; undefined where none does.
   * @param fits asked once for each until it says yes
   */
  take(fits: (item: T) => boolean): T | undefined {
    for (const [token, own] of this.#byToken)
      for (const item of own) {
        if (!fits(item)) continue
        // The other tokens come first now.
        this.#byToken.delete(token)
        this.#byToken.set(token, own)
        this.remove(token, item)
        return item
      }
    return undefined
  }
}
