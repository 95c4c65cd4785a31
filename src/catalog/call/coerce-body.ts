import { isObject, parseJsonContainer } from '../../lib/json/json.ts'
import { nearest, didYouMean } from '../../lib/text/nearest.ts'
import type { Catalog, Schema } from '../load.ts'
import { asWord, quote } from '../../lib/text/quote.ts'
import { formatBytes, parseBytes } from '../../lib/text/units.ts'
import { isUuid } from '../../lib/text/uuid.ts'

/** A body brought into form, and what was done or looks odd, one sentence each. */
export interface CoercedBody {
  body: unknown
  notes: string[]
}

const maxNotes = 10

const noUuid = 'does not look like a uuid'

/** Whether a note says of a value that it is not a uuid: dropped once the uuid is found. */
export const isUuidNote = (note: string): boolean => note.includes(` ${noUuid}; got `)

class BodyCoercion {
  readonly #catalog: Catalog
  readonly #ignoresReadOnly: readonly string[]
  readonly notes: string[] = []

  constructor(catalog: Catalog, ignoresReadOnly: readonly string[]) {
    this.#catalog = catalog
    this.#ignoresReadOnly = ignoresReadOnly
  }

  value(given: unknown, schema: Schema, name: string): unknown {
    const target = this.#catalog.resolve(schema)
    const wantsArray = target.type === 'array'
    let value = given
    if (typeof value === 'string' && (wantsArray || target.type === 'object')) {
      const parsed = parseJsonContainer(value)
      if (parsed === undefined) return value
      this.#note(`${name} was JSON inside a text: it was read`)
      value = parsed
    }
    if (wantsArray && isObject(value) && this.#isRecordSchema(target.items)) {
      this.#note(`${name} must be an array: the object was put into one`)
      value = [value]
    }
    if (Array.isArray(value) && wantsArray && target.items !== undefined) {
      const { items } = target
      return value.map((item, i) => this.value(item, items, `${name}[${i}]`))
    }
    const unit = schema['x-unit'] ?? target['x-unit']
    if (typeof value === 'string' && unit === 'bytes' && target.type === 'integer') {
      const bytes = /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : parseBytes(value)
      if (bytes === undefined) return value
      this.#note(`${name}: ${quote(value)} read as ${bytes} bytes (${formatBytes(bytes)})`)
      return bytes
    }
    if (typeof value === 'string' && value !== '' && name.endsWith('UUID') && !isUuid(value))
      this.#note(`${name} ${noUuid}; got ${quote(value)}`)
    return isObject(value) ? this.#record(value, target, name) : value
  }

  #record(record: Record<string, unknown>, schema: Schema, name: string): unknown {
    const { properties } = schema
    if (properties === undefined) return record
    const place = name === wholeBody ? '' : `${name.replace(`${wholeBody}[`, '[')}.`
    const ignored = this.#ignored(record, properties, name)
    if (ignored.length > 0)
      this.#note(`${name}: left out what the cluster sets itself: ${ignored.join(', ')}`)
    const sent = Object.entries(record).filter(([key]) => !ignored.includes(key))
    return Object.fromEntries(
      sent.map(([key, value]) => {
        const field = Object.hasOwn(properties, key) ? properties[key] : undefined
        if (field !== undefined) return [key, this.value(value, field, place + key)]
        if (schema.additionalProperties === undefined || schema.additionalProperties === true) {
          const meant = this.notes.length < maxNotes ? nearest(key, Object.keys(properties)) : ''
          this.#note(`${place}${asWord(key)} is not a field in the catalog${didYouMean(meant)}`)
        }
        return [key, value]
      })
    )
  }

  /** Read-only fields where the cluster ignores them, or did: some versions may refuse them. */
  #ignored(
    record: Record<string, unknown>,
    properties: Record<string, Schema>,
    name: string
  ): string[] {
    if (!this.#ignoresReadOnly.includes(name.replaceAll(/\[\d+\]/g, ''))) return []
    return Object.keys(record).filter(
      (key) => Object.hasOwn(properties, key) && properties[key]?.readOnly === true
    )
  }

  #isRecordSchema(schema: Schema | undefined): boolean {
    return schema !== undefined && this.#catalog.resolve(schema).properties !== undefined
  }

  #note(sentence: string): void {
    if (this.notes.length < maxNotes) this.notes.push(sentence)
  }
}

/** What messages call the body as a whole. */
export const wholeBody = 'payload'

/**
 * Coerces a body into the form its schema requires where only the form differs: JSON inside a text
 * is parsed, an object is put into an array where an array of records is required. Fields unknown
 * to the catalog are kept where the cluster accepts them too (nested records are lenient, FACTS
 * 3.3), and pointed out. Read-only fields are omitted at the places named: a disk's record, as it
 * was read, can be used to create the disk of a new VM (FACTS 24, high).
 */
export function coerceBody(
  catalog: Catalog,
  schema: Schema,
  given: unknown,
  ignoresReadOnly: readonly string[] = []
): CoercedBody {
  const coercion = new BodyCoercion(catalog, ignoresReadOnly)
  const body = coercion.value(given, schema, wholeBody)
  return { body, notes: coercion.notes }
}
