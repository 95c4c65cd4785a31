/** A map of this many entries at most: the one that was set longest ago goes. */
export class RecentMap<V> {
  readonly #max: number
  /** Oldest first. */
  readonly #entries = new Map<string, V>()

  constructor(max: number) {
    this.#max = max
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  /** The newest last. */
  values(): V[] {
    return [...this.#entries.values()]
  }

  /** Sets an entry, which is then the newest. */
  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#max && oldest !== undefined) this.#entries.delete(oldest)
  }
}
