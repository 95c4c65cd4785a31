import type { JsonObject } from '../lib/json/json.ts'
import type { EntryKind } from './entry.ts'

/** What is the same within so long becomes one entry. */
const windowMs = 60_000

/** Different ones within one window; the others are counted together. */
const maxKeys = 200

interface Counted {
  kind: EntryKind
  fields: JsonObject
  since: Date
  count: number
}

type Note = (kind: EntryKind, fields: JsonObject) => void

/**
 * Keeps a flood of the same from filling the disk: the first is noted at once, those that follow within
 * a minute as one entry at its end, with their number.
 */
export class Repetitions {
  readonly #note: Note
  readonly #now: () => Date
  readonly #counted = new Map<string, Counted>()
  #timer: NodeJS.Timeout | undefined

  constructor(note: Note, now: () => Date) {
    this.#note = note
    this.#now = now
  }

  /**
   * @param key what counts as the same
   * @param rest what is noted of those that are too many to be counted by key
   */
  count(kind: EntryKind, key: string, fields: JsonObject, rest: JsonObject): void {
    const full = `${kind} ${key}`
    const known = this.#counted.get(full)
    if (known !== undefined) {
      known.count += 1
      return
    }
    if (this.#counted.size >= maxKeys && key !== '') {
      this.count(kind, '', rest, rest)
      return
    }
    this.#counted.set(full, { kind, fields, since: this.#now(), count: 0 })
    this.#note(kind, { ...fields, count: 1 })
    this.#timer ??= setTimeout(() => this.flush(), windowMs).unref()
  }

  /** Notes what was counted; what was seen again keeps being counted. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [key, counted] of this.#counted) {
      const { kind, fields, since, count } = counted
      if (count === 0) {
        this.#counted.delete(key)
        continue
      }
      this.#note(kind, { ...fields, count, since: since.toISOString() })
      this.#counted.set(key, { ...counted, since: this.#now(), count: 0 })
    }
    if (this.#counted.size > 0) this.#timer = setTimeout(() => this.flush(), windowMs).unref()
  }

  /** Notes what was counted, and counts no further. */
  close(): void {
    this.flush()
    clearTimeout(this.#timer)
    this.#counted.clear()
  }
}
