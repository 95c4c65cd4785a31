import { isTextDeeperThan } from '../../lib/json/json-depth.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'

/** Larger than any API document of a cluster by far (that of 9.4 has 0.4 MB). */
export const maxDocumentBytes = 20 * 1024 * 1024

const maxDepth = 100
const maxValues = 3_000_000

/** No API has fields of these names, and code that copies objects can be harmed by them. */
const hostileKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Why an API document cannot be used, in one sentence for the one who gave it. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
}

/** A name or a piece of the document as it may stand in a message: short, without control characters. */
export function quoted(text: string): string {
  const plain = text.replace(/\p{C}+/gu, '�')
  return plain.length > 120 ? `${plain.slice(0, 117)}…` : plain
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DocumentError(
      'It is not UTF-8 text: save it as UTF-8, the way the cluster serves it.'
    )
  }
}

const nestedTooDeep = (): DocumentError =>
  new DocumentError(`It is nested deeper than ${maxDepth} levels: no API document is.`)

/** Where a JSON text breaks, if the parser says so. */
function placeOf(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/unexpected end/i.test(message)) return 'it ends too early'
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position === undefined) return 'it cannot be read'
  const before = text.slice(0, Number(position)).split('\n')
  return `see line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}

function parseDocumentText(text: string): unknown {
  if (isTextDeeperThan(text, maxDepth)) throw nestedTooDeep()
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (/^(?:%YAML|---|#|["']?(?:openapi|swagger|info)["']?\s*:)/i.test(text))
      throw new DocumentError(
        'It is YAML: the import reads JSON, as the cluster serves it at /rest/v1/openapi.json.'
      )
    throw new DocumentError(
      `It is not valid JSON (${placeOf(text, error)}): download /rest/v1/openapi.json again.`
    )
  }
}

/**
 * Refuses values that would harm or exhaust what reads them later. Walks without recursion, because
 * the depth is what is in question.
 * @throws {DocumentError}
 */
function checkShape(document: unknown): void {
  const open: { value: object; depth: number }[] = []
  let count = 0
  const see = (value: unknown, depth: number): void => {
    count += 1
    if (count > maxValues)
      throw new DocumentError(`It holds more than ${maxValues} values: no API is that large.`)
    if (typeof value !== 'object' || value === null) return
    if (depth > maxDepth) throw nestedTooDeep()
    open.push({ value, depth })
  }
  see(document, 1)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (Array.isArray(value)) for (const item of value) see(item, depth + 1)
    else
      for (const [key, item] of Object.entries(value)) {
        if (hostileKeys.has(key))
          throw new DocumentError(`It holds the key ${key}, which no API document needs.`)
        see(item, depth + 1)
      }
  }
}

function checkVersion(document: unknown): asserts document is JsonObject {
  if (!isObject(document))
    throw new DocumentError('It is JSON, but not an object: an OpenAPI document is one.')
  const { openapi, swagger } = document
  if (typeof openapi === 'string' && /^3\.[01](\.|$)/.test(openapi)) return
  if (typeof openapi === 'string')
    throw new DocumentError(
      `It is of OpenAPI ${quoted(openapi)}; the import reads OpenAPI 3.0 and 3.1.`
    )
  if (swagger !== undefined)
    throw new DocumentError('It is of Swagger 2; the import reads OpenAPI 3.0 and 3.1.')
  throw new DocumentError(
    'It is JSON, but not an OpenAPI document: openapi with its version is missing.'
  )
}

/**
 * Checks that a parsed document is an OpenAPI 3.0 or 3.1 document that can be read without harm.
 * @throws {DocumentError}
 */
export function checkDocument(document: unknown): JsonObject {
  checkShape(document)
  checkVersion(document)
  return document
}

/**
 * Reads the bytes of an OpenAPI document.
 * @throws {DocumentError} for what is too large, empty, not UTF-8, a web page, YAML, broken JSON, too
 * deep, hostile, or of another version.
 */
export function parseDocument(bytes: Uint8Array): JsonObject {
  if (bytes.length > maxDocumentBytes)
    throw new DocumentError(
      `It has ${(bytes.length / 2 ** 20).toFixed(0)} MiB; an API document has at most ${maxDocumentBytes / 2 ** 20}.`
    )
  const text = decode(bytes).trim()
  if (text === '') throw new DocumentError('It is empty.')
  if (text.startsWith('<'))
    throw new DocumentError(
      'It is a web page, not JSON: download /rest/v1/openapi.json itself, with the login of the cluster.'
    )
  return checkDocument(parseDocumentText(text))
}
