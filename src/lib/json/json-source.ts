import { isCompact } from './json-text.ts'

/** Values that are shared, and the JSON of each. */
const sources = new WeakMap<object, string>()

/** Values that were parsed, and from what. */
const offered = new WeakMap<object, string>()

/** What is immutable, in all its parts. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}

/**
 * Makes a parsed value one that may be shared: it is frozen, so that its JSON stays the same, and is kept.
 * @param text what it was parsed from, where it was
 */
export function shareParsed(value: object, text?: string): void {
  freeze(value)
  keepSource(value, text)
}

function keepSource(value: object, text: string | undefined): void {
  if (sources.has(value)) return
  sources.set(value, text !== undefined && isCompact(text) ? text : JSON.stringify(value))
}

/** Says what the JSON of a value is, which is not changed; returns the value. */
export function shareAs<T extends object>(value: T, json: string): T {
  sources.set(value, json)
  return value
}

/**
 * Says what a value was parsed from, which is never changed although it could be: to freeze it would take as
 * long as to parse it. It costs nothing until its JSON is used.
 */
export const offerParsed = (value: object, text: string): void => void offered.set(value, text)

/** The JSON of a value that is shared; undefined for any other. */
export function sourceOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const text = offered.get(value)
  if (text !== undefined) {
    offered.delete(value)
    keepSource(value, text)
  }
  return sources.get(value)
}

/** The JSON of a value in pieces: texts, and in their places values that are shared. */
export type JsonPieces = readonly (string | object)[]

/** The pieces of a record with fields that are shared; undefined where nothing in it is. */
function piecesOfRecord(record: object): JsonPieces | undefined {
  const fields = Object.entries(record)
  if (fields.every(([, field]) => sourceOf(field) === undefined)) return undefined
  const pieces: (string | object)[] = []
  let text = '{'
  let isFirst = true
  for (const [name, field] of fields) {
    const isShared = sourceOf(field) !== undefined
    const json = isShared ? '' : JSON.stringify(field)
    if (json === undefined) continue
    text += `${isFirst ? '' : ','}${JSON.stringify(name)}:${json}`
    isFirst = false
    if (!isShared) continue
    pieces.push(text, field as object)
    text = ''
  }
  return [...pieces, `${text}}`]
}

/** The JSON of a value as `stringify` has it, in pieces; undefined for what is not JSON. */
export function jsonPieces(value: unknown): JsonPieces | undefined {
  if (typeof value === 'object' && value !== null) {
    if (sourceOf(value) !== undefined) return [value]
    const pieces = Array.isArray(value) ? undefined : piecesOfRecord(value)
    if (pieces !== undefined) return pieces
  }
  const json = JSON.stringify(value)
  return json === undefined ? undefined : [json]
}

/** The text of all pieces. */
export const joinPieces = (pieces: JsonPieces): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : sources.get(piece))).join('')

/** As `JSON.stringify`, without writing again what is shared: the value, or fields of it. */
export function stringify(value: unknown): string | undefined {
  const pieces = jsonPieces(value)
  return pieces && joinPieces(pieces)
}

/** A text of fewer characters is sent as fast as its bytes. */
const largeChars = 65_536

interface Bytes {
  before: string
  after: string
  bytes: Buffer
}

/** Of large values that are shared: the bytes of the JSON that they stood in last. */
const inBytes = new WeakMap<object, Bytes>()

/**
 * The JSON of pieces as bytes, where one of them is large and shared: the same bytes as long as the others
 * are the same. Undefined where that would save nothing. They must not be changed.
 */
export function bytesOf(pieces: JsonPieces): Buffer | undefined {
  const large = pieces.filter(
    (piece): piece is object =>
      typeof piece === 'object' && (sources.get(piece)?.length ?? 0) > largeChars
  )
  const [shared] = large
  if (shared === undefined || large.length > 1) return undefined
  const at = pieces.indexOf(shared)
  const before = joinPieces(pieces.slice(0, at))
  const after = joinPieces(pieces.slice(at + 1))
  const known = inBytes.get(shared)
  if (known?.before === before && known.after === after) return known.bytes
  const bytes = Buffer.from(before + (sources.get(shared) ?? '') + after)
  inBytes.set(shared, { before, after, bytes })
  return bytes
}
