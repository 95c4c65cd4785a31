import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { DocumentError, quoted } from './document.ts'
import type { Schema } from '../load.ts'
import { References } from './references.ts'
import { readVendorWords } from './vendor-words.ts'

const componentPrefix = '#/components/schemas/'
const maxSchemas = 200_000
const maxNesting = 50

const typeWords: ReadonlySet<unknown> = new Set([
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean'
])

const limits = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems'
] as const

const secretName = /password|passphrase|secret|private_?key|api_?key|credential|sessionID/i

const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number'

const allowsNull = (raw: JsonObject): boolean =>
  raw['nullable'] === true ||
  [raw['type']].flat().includes('null') ||
  [raw['enum']].flat().includes(null)

/** Type, and whether null is allowed beside it, in the writing of 3.0 and of 3.1. */
function readType(raw: JsonObject): Schema {
  const words = [raw['type']].flat()
  const known = words.filter((word): word is string => typeWords.has(word))
  const nullable = allowsNull(raw)
  const [only, ...others] = known
  return {
    ...(others.length > 0 ? { anyOf: known.map((type) => ({ type })) } : {}),
    ...(others.length === 0 && only !== undefined ? { type: only } : {}),
    ...(nullable && only !== undefined && others.length === 0 ? { nullable } : {})
  }
}

function readLimits(raw: JsonObject): Schema {
  const found: Schema = {}
  for (const name of limits) {
    const value = raw[name]
    if (typeof value === 'number') found[name] = value
    // 3.0 says with true that the limit beside it is exclusive.
    if (value === true && name === 'exclusiveMinimum' && typeof raw['minimum'] === 'number') {
      found.exclusiveMinimum = raw['minimum']
      delete found.minimum
    }
    if (value === true && name === 'exclusiveMaximum' && typeof raw['maximum'] === 'number') {
      found.exclusiveMaximum = raw['maximum']
      delete found.maximum
    }
  }
  return found
}

function readValues(raw: JsonObject): Schema {
  const values = ('const' in raw ? [raw['const']] : Array.isArray(raw['enum']) ? raw['enum'] : [])
    .filter(isScalar)
    .filter((value, i, all) => all.indexOf(value) === i)
  const { default: fallback, format } = raw
  // null is left out of the values, so that as an enum they would refuse it.
  const list = allowsNull(raw) ? 'x-known-values' : 'enum'
  return {
    ...(values.length > 0 ? { [list]: values } : {}),
    ...(isScalar(fallback) || typeof fallback === 'boolean' ? { default: fallback } : {}),
    ...(typeof format === 'string' ? { format } : {})
  }
}

/** Descriptions and marks; these may also stand beside a `$ref`. */
function readMarks(raw: JsonObject): Schema {
  const { text, createOnly, internal, deprecated } = readVendorWords(raw['description'])
  const secret = raw['format'] === 'password'
  return {
    ...(text === '' ? {} : { description: text }),
    ...(raw['readOnly'] === true ? { readOnly: true } : {}),
    ...(raw['writeOnly'] === true ? { writeOnly: true } : {}),
    ...(raw['deprecated'] === true || deprecated ? { deprecated: true } : {}),
    ...(createOnly ? { 'x-create-only': true } : {}),
    ...(internal ? { 'x-internal': true } : {}),
    ...(secret ? { 'x-secret': true } : {})
  }
}

/**
 * Reads the schemas of a cluster's document into the form of our catalog: `$ref`s lead to components
 * only, `allOf` is flattened, booleans, `nullable` and lists of types are written in one way. What
 * only decorates and is not understood is left out. `pattern` is left out on purpose: a regular
 * expression of unknown origin could run for ever on a caller's text.
 */
export class SchemaReader {
  readonly references: References
  /** Every component that something refers to, and those named in the document. */
  readonly schemas: Record<string, Schema> = {}
  /** Component names by pointer. */
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #waiting: { name: string; raw: unknown }[] = []
  #count = 0

  constructor(references: References) {
    this.references = references
  }

  /** Takes in the document's own component schemas, under their names. */
  declare(components: JsonObject): void {
    for (const [name, raw] of Object.entries(components)) {
      if (!/^[\w.-]{1,200}$/.test(name))
        throw new DocumentError(
          `The schema name ${quoted(name)} holds characters that no name has.`
        )
      this.#component(`${componentPrefix}${name}`, raw)
    }
  }

  /** Reads all that was declared or referred to; to be called last. */
  finish(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop())
      this.schemas[next.name] = this.read(this.references.resolve(next.raw, next.name), next.name)
    for (const name of Object.keys(this.schemas)) this.schemas[name] = this.#content(name)
  }

  /** @throws {DocumentError} if it is not a schema, or a `$ref` in it cannot be resolved. */
  read(raw: unknown, where: string): Schema {
    return this.#read(raw, where, [])
  }

  #read(raw: unknown, where: string, above: unknown[]): Schema {
    this.#count += 1
    if (this.#count > maxSchemas)
      throw new DocumentError(
        `It holds more than ${maxSchemas} schemas once its references are followed: no API is that large.`
      )
    if (raw === true || raw === undefined) return {}
    if (raw === false) return { not: {} }
    if (!isObject(raw)) throw new DocumentError(`${quoted(where)} is not a schema.`)
    if (raw['$ref'] !== undefined) {
      const { pointer, value } = this.references.follow(raw['$ref'], where)
      return { $ref: componentPrefix + this.#component(pointer, value), ...readMarks(raw) }
    }
    if (Array.isArray(raw['allOf'])) return this.#flatten(raw, raw['allOf'], where, above)
    return {
      ...readType(raw),
      ...readValues(raw),
      ...readLimits(raw),
      ...this.#readProperties(raw, where, above),
      ...this.#readItems(raw, where, above),
      ...this.#readChoices(raw, where, above),
      ...readMarks(raw)
    }
  }

  #readProperties(raw: JsonObject, where: string, above: unknown[]): Schema {
    const { properties, required, additionalProperties: others } = raw
    if (properties !== undefined && !isObject(properties))
      throw new DocumentError(`The properties of ${quoted(where)} are not an object.`)
    const found: Schema = {}
    if (properties !== undefined) {
      found.type = 'object'
      found.properties = {}
      for (const [name, property] of Object.entries(properties)) {
        if (name.length > 200 || /\p{C}/u.test(name))
          throw new DocumentError(
            `The field ${quoted(name)} of ${quoted(where)} has a name that is too long or holds control characters.`
          )
        const field = this.#read(property, `${where}.${name}`, above)
        if (secretName.test(name) && (field.type === 'string' || field.$ref !== undefined))
          field['x-secret'] = true
        found.properties[name] = field
      }
    }
    if (Array.isArray(required)) {
      const names = [...new Set(required.filter((name) => typeof name === 'string'))]
      if (names.length > 0) found.required = names
    }
    if (typeof others === 'boolean') found.additionalProperties = others
    else if (others !== undefined)
      found.additionalProperties = this.#read(others, `${where}.*`, above)
    return found
  }

  #readItems(raw: JsonObject, where: string, above: unknown[]): Schema {
    const { items } = raw
    if (items === undefined || Array.isArray(items)) return {}
    return { type: 'array', items: this.#read(items, `${where}[]`, above) }
  }

  #readChoices(raw: JsonObject, where: string, above: unknown[]): Schema {
    const found: Schema = {}
    for (const key of ['anyOf', 'oneOf'] as const) {
      const choices = raw[key]
      if (!Array.isArray(choices) || choices.length === 0) continue
      const read = choices.map((choice, i) => this.#read(choice, `${where}(${i + 1})`, above))
      // oneOf would refuse what fits two of them, and could not tell a caller which to leave.
      found.anyOf = [...(found.anyOf ?? []), ...read]
    }
    return found
  }

  /** One schema out of the parts of an `allOf`, for listing its fields and checking against it. */
  #flatten(raw: JsonObject, parts: unknown[], where: string, above: unknown[]): Schema {
    if (above.includes(raw) || above.length > maxNesting)
      throw new DocumentError(
        `${quoted(where)} contains itself by allOf, or almost without end: nothing could fit it.`
      )
    const { allOf: _parts, ...own } = raw
    const [only] = parts
    if (parts.length === 1 && isObject(only) && only['$ref'] !== undefined)
      // The usual way to write a description beside a $ref in 3.0.
      return { ...this.#read(only, where, above), ...readMarks(raw) }
    const flat: Schema = {}
    for (const part of [...parts, own]) {
      const target = this.references.resolve(part, where)
      const schema = this.#read(target, where, [...above, raw])
      const properties = { ...flat.properties, ...schema.properties }
      const required = [...new Set([...(flat.required ?? []), ...(schema.required ?? [])])]
      Object.assign(flat, schema)
      if (Object.keys(properties).length > 0) flat.properties = properties
      if (required.length > 0) flat.required = required
    }
    return flat
  }

  /** The name under which what a pointer leads to is a component; it is read later. */
  #component(pointer: string, raw: unknown): string {
    const known = this.#names.get(pointer)
    if (known !== undefined) return known
    const inside = pointer.startsWith(componentPrefix) ? pointer.slice(componentPrefix.length) : '/'
    const wanted = (inside.includes('/') ? pointer.slice(2) : inside)
      .replace(/[^\w.-]+/g, '_')
      .slice(-200)
    let name = wanted
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`
    this.#taken.add(name)
    this.#names.set(pointer, name)
    this.#waiting.push({ name, raw })
    return name
  }

  /** A component that is only another name gets that one's content: one step always resolves. */
  #content(name: string): Schema {
    const seen = new Set<string>()
    let schema = this.schemas[name] ?? {}
    for (let at = name; schema.$ref !== undefined;) {
      if (seen.has(at))
        throw new DocumentError(`The schema ${quoted(name)} leads in a circle and to nothing.`)
      seen.add(at)
      const { $ref, ...marks } = schema
      at = $ref.slice(componentPrefix.length)
      schema = { ...this.schemas[at], ...marks }
    }
    return schema
  }
}
