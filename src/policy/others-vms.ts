import type { VirDomain } from '../hypercore/records/records.ts'
import { isObject, type JsonObject } from '../lib/json/json.ts'
import { uuidsInText } from '../lib/text/uuid.ts'

/** What stands for a name or uuid that a limited token is not to see. */
const withheld = '(another VM)'

/** Characters of a uuid. */
const idLength = 36

/** A character that a name ends before: `web-01` is not named by `web-012`, nor by `test-web-01`. */
const inName = /[\p{L}\p{N}_-]/u

/** The uuid of a VM, of its disks, NICs, snapshots and replication. */
const idsOf = ({ uuid, blockDevs, netDevs, snapUUIDs, replicationUUIDs }: VirDomain): string[] =>
  [
    uuid,
    ...blockDevs.map((disk) => disk.uuid),
    ...netDevs.map((nic) => nic.uuid),
    ...snapUUIDs,
    ...replicationUUIDs
  ].map((id) => id.toLowerCase())

/** A list with each of its items changed; the list itself where none of them is. */
function mapped(list: readonly unknown[], change: (item: unknown) => unknown): unknown {
  let copy: unknown[] | undefined
  for (let i = 0; i < list.length; i++) {
    const item = change(list[i])
    if (item !== list[i]) (copy ??= [...list])[i] = item
  }
  return copy ?? list
}

/** The same of the fields of a record. */
function mappedFields(record: JsonObject, change: (field: unknown) => unknown): JsonObject {
  let copy: JsonObject | undefined
  for (const name of Object.keys(record)) {
    const field = change(record[name])
    if (field !== record[name]) (copy ??= { ...record })[name] = field
  }
  return copy ?? record
}

/** The VMs that are none of a limited token's, and how to take them out of what it reads. */
export class OthersVms {
  readonly #ids: ReadonlySet<string>
  /** How long they are: most texts are not even looked up. */
  readonly #lengths: ReadonlySet<number>
  /** Longest first, by the character they begin with. */
  readonly #names = new Map<string, string[]>()

  constructor(own: readonly VirDomain[], others: readonly VirDomain[]) {
    // A clone shares with its source what either may show.
    const shared = new Set(own.flatMap(idsOf))
    this.#ids = new Set(others.flatMap(idsOf).filter((id) => !shared.has(id)))
    this.#lengths = new Set([...this.#ids].map(({ length }) => length))
    const ownNames = new Set(own.map(({ name }) => name))
    const names = new Set(others.map(({ name }) => name).filter((name) => !ownNames.has(name)))
    for (const name of [...names].toSorted((a, b) => b.length - a.length)) {
      const first = name[0]
      if (first !== undefined) this.#names.set(first, [...(this.#names.get(first) ?? []), name])
    }
  }

  /** Whether this is the id of another VM, or of something of one. */
  has = (id: string): boolean => this.#lengths.has(id.length) && this.#ids.has(id.toLowerCase())

  /** Whether a value tells of another VM anywhere in it, by an id or, as a word, by its name. */
  isToldBy(value: unknown): boolean {
    if (typeof value === 'string') return this.#withoutNames(this.#withoutIds(value)) !== value
    if (Array.isArray(value)) return value.some((item) => this.isToldBy(item))
    return isObject(value) && Object.values(value).some((field) => this.isToldBy(field))
  }

  /**
   * A value without ids of others: items of inner lists that are about another VM go, such as the
   * mounts of an ISO; what only points to one is emptied. What needs no change is not copied.
   */
  withoutIds(value: unknown): unknown {
    // Most values tell of none, and stay the same objects.
    if (!this.#holdsId(value)) return value
    if (typeof value === 'string') return this.has(value) ? '' : this.#withoutIds(value)
    if (Array.isArray(value)) return mapped(value, (item) => this.withoutIds(item))
    if (!isObject(value)) return value
    return mappedFields(value, (field) => this.withoutIds(this.#withoutItems(field)))
  }

  /** A list without the items that are about another VM. */
  #withoutItems(field: unknown): unknown {
    if (!Array.isArray(field) || !field.some((item) => this.#isAbout(item))) return field
    return field.filter((item) => !this.#isAbout(item))
  }

  /** The same, and the names of others in its texts are withheld. */
  withoutAny(value: unknown): unknown {
    if (typeof value === 'string') return this.#withoutNames(this.#withoutIds(value))
    if (Array.isArray(value)) return mapped(value, (item) => this.withoutAny(item))
    if (!isObject(value)) return value
    return mappedFields(value, (field) => this.withoutAny(field))
  }

  #holdsId(value: unknown): boolean {
    if (this.#ids.size === 0) return false
    if (typeof value === 'string')
      return value.length >= idLength && (this.has(value) || this.#withoutIds(value) !== value)
    if (Array.isArray(value)) return value.some((item) => this.#holdsId(item))
    if (!isObject(value)) return false
    for (const name in value) if (this.#holdsId(value[name])) return true
    return false
  }

  #isAbout(item: unknown): boolean {
    if (typeof item === 'string') return this.has(item)
    return (
      isObject(item) &&
      Object.values(item).some((field) => typeof field === 'string' && this.has(field))
    )
  }

  #withoutIds(text: string): string {
    return text.length < idLength
      ? text
      : text.replaceAll(uuidsInText, (id) => (this.has(id) ? withheld : id))
  }

  /** Looked for only where a name may begin, so that a thousand cost little more than one. */
  #withoutNames(text: string): string {
    let shown = ''
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const candidates = this.#names.get(text[at] ?? '')
      if (
        candidates === undefined ||
        (inName.test(text[at] ?? '') && inName.test(text[at - 1] ?? ''))
      )
        continue
      const name = candidates.find(
        (each) => text.startsWith(each, at) && !inName.test(text[at + each.length] ?? '')
      )
      if (name === undefined) continue
      shown += text.slice(from, at) + withheld
      from = at + name.length
      at = from - 1
    }
    return from === 0 ? text : shown + text.slice(from)
  }
}
