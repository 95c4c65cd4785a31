import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { DocumentError, quoted } from './document.ts'

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')

function decodePart(part: string): string {
  try {
    return unescape(decodeURIComponent(part))
  } catch {
    return unescape(part)
  }
}

function step(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(key) ? (value as unknown[])[Number(key)] : undefined
  // Not `in`: a name such as toString must not lead to what every object inherits.
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Where JSON of any form stands, and a `$ref` would be none. */
const dataKeys: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'example', 'examples'])

/** The `$ref`s of one document. Only those that stay inside it are followed. */
export class References {
  readonly #document: JsonObject

  constructor(document: JsonObject) {
    this.#document = document
  }

  /**
   * The pointer and the object at the end of a chain of references.
   * @throws {DocumentError} if one leads out of the document, nowhere, or in a circle.
   */
  follow(ref: unknown, where: string): { pointer: string; value: unknown } {
    const seen = new Set<string>()
    let pointer = ref
    for (;;) {
      if (typeof pointer !== 'string')
        throw new DocumentError(`${quoted(where)} has a $ref that is not text.`)
      const value = this.#at(pointer, where)
      if (!isObject(value) || value['$ref'] === undefined) return { pointer, value }
      if (seen.has(pointer))
        throw new DocumentError(
          `${quoted(where)} refers to ${quoted(pointer)}, which leads in a circle and to nothing.`
        )
      seen.add(pointer)
      pointer = value['$ref']
    }
  }

  /** The value itself, or what its `$ref` leads to. */
  resolve(value: unknown, where: string): unknown {
    if (!isObject(value) || value['$ref'] === undefined) return value
    return this.follow(value['$ref'], where).value
  }

  /**
   * Follows every `$ref` there is, also those that nothing else looks at.
   * @returns how many there are; all are good.
   * @throws {DocumentError} at the first that is not.
   */
  followAll(): number {
    let count = 0
    const open: { value: unknown; where: string }[] = Object.entries(this.#document).map(
      ([where, value]) => ({ value, where })
    )
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { value, where } = next
      if (Array.isArray(value)) {
        for (const item of value as unknown[]) open.push({ value: item, where })
      } else if (isObject(value)) {
        if (typeof value['$ref'] === 'string') {
          this.follow(value['$ref'], where)
          count += 1
        }
        for (const [key, item] of Object.entries(value))
          if (!dataKeys.has(key)) open.push({ value: item, where: key })
      }
    }
    return count
  }

  #at(pointer: string, where: string): unknown {
    if (!pointer.startsWith('#/'))
      throw new DocumentError(
        `${quoted(where)} refers to ${quoted(pointer)}, outside the document: only references inside it are followed.`
      )
    let value: unknown = this.#document
    for (const part of pointer.slice(2).split('/')) value = step(value, decodePart(part))
    if (value === undefined)
      throw new DocumentError(
        `${quoted(where)} refers to ${quoted(pointer)}, which the document does not hold.`
      )
    return value
  }
}
