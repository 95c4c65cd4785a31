import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { DocumentError, quoted } from './document.ts'
import type { Parameter, Schema } from '../load.ts'
import { httpMethods, type HttpMethod } from '../../lib/http/http-method.ts'
import { References } from './references.ts'
import { SchemaReader } from './schema-reader.ts'
import { readVendorWords } from './vendor-words.ts'

/** An operation as a cluster's own document describes it. */
export interface ClusterOperation {
  method: HttpMethod
  /** Template below /rest/v1. */
  path: string
  operationId: string | undefined
  entity: string
  summary: string
  description: string
  parameters: Parameter[]
  body: { contentType: string; required: boolean; schema: Schema } | undefined
  /** Schema of the JSON of its success response. */
  response: Schema | undefined
}

/** A cluster's own OpenAPI document, read and checked: every `$ref` in it leads to `schemas`. */
export interface ClusterDocument {
  /** Version of OpenAPI it is written in. */
  openapi: string
  title: string
  /** The document's own version; it says little about the cluster's (FACTS 1, O). */
  version: string
  operations: ClusterOperation[]
  schemas: Record<string, Schema>
  /** `$ref`s in the document; each of them was resolved. */
  references: number
}

const maxOperations = 10_000

/** The path of the first server, without a trailing slash: what all paths of the document follow. */
function serverPath(document: JsonObject): string {
  const [first] = Array.isArray(document['servers']) ? (document['servers'] as unknown[]) : []
  const url = isObject(first) && typeof first['url'] === 'string' ? first['url'] : ''
  if (!URL.canParse(url, 'https://cluster')) return ''
  return new URL(url, 'https://cluster').pathname.replace(/\/+$/, '')
}

/** A path key of the document as a template below /rest/v1. */
function toTemplate(key: string, server: string): string {
  if (!key.startsWith('/')) throw new DocumentError(`${quoted(key)} is not a valid path.`)
  const whole = key.startsWith('/rest/') ? key : server + key
  if (whole.startsWith('/rest/') && !whole.startsWith('/rest/v1/'))
    throw new DocumentError(
      `It describes ${quoted(whole.split('/').slice(0, 3).join('/'))}, but the bridge speaks /rest/v1: import the document of /rest/v1/openapi.json.`
    )
  const path = whole.startsWith('/rest/v1/') ? whole.slice('/rest/v1'.length) : key
  const isPath = /^(?:\/(?:[\w.~:@!$&'()*+,;=-]+|\{\w+\}))+\/?$|^\/$/.test(path)
  if (!isPath || path.length > 300 || path.split('/').some((part) => /^\.+$/.test(part)))
    throw new DocumentError(`${quoted(key)} is not a valid path.`)
  return path
}

function contentOf(raw: unknown, where: string): [string, JsonObject] | undefined {
  if (raw === undefined) return undefined
  if (!isObject(raw)) throw new DocumentError(`The content of ${quoted(where)} is not an object.`)
  const types = Object.keys(raw)
  const type = types.find((name) => /json/i.test(name)) ?? types[0]
  if (type === undefined) return undefined
  const content = raw[type]
  const plainType = /json/i.test(type) ? 'application/json' : type
  return [plainType, isObject(content) ? content : {}]
}

/** Reads one document; see `readClusterDocument`. */
class Reader {
  readonly #document: JsonObject
  readonly #references: References
  readonly #schemas: SchemaReader

  constructor(document: JsonObject) {
    this.#document = document
    this.#references = new References(document)
    this.#schemas = new SchemaReader(this.#references)
  }

  read(): ClusterDocument {
    const { openapi, info, paths, components } = this.#document
    if (!isObject(paths) || Object.keys(paths).length === 0)
      throw new DocumentError('It has no paths: there is nothing to import.')
    if (components !== undefined && !isObject(components))
      throw new DocumentError('Its components are not an object.')
    const schemas = components?.['schemas'] ?? {}
    if (!isObject(schemas)) throw new DocumentError('Its components.schemas are not an object.')
    this.#schemas.declare(schemas)
    const server = serverPath(this.#document)
    const operations = Object.entries(paths).flatMap(([key, item]) =>
      this.#readPath(toTemplate(key, server), item)
    )
    if (operations.length === 0) throw new DocumentError('Its paths hold no operation.')
    if (operations.length > maxOperations)
      throw new DocumentError(`It has more than ${maxOperations} operations: no API is that large.`)
    this.#schemas.finish()
    const { title, version } = isObject(info) ? info : {}
    return {
      openapi: quoted(String(openapi)),
      title: typeof title === 'string' ? quoted(title) : 'an API without a title',
      version: typeof version === 'string' ? quoted(version) : 'unknown',
      operations,
      schemas: this.#schemas.schemas,
      references: this.#references.followAll()
    }
  }

  #readPath(path: string, raw: unknown): ClusterOperation[] {
    const item = this.#references.resolve(raw, path)
    if (!isObject(item)) throw new DocumentError(`The path ${quoted(path)} holds no operations.`)
    return httpMethods.flatMap((method) => {
      const operation = item[method.toLowerCase()]
      if (operation === undefined) return []
      if (!isObject(operation)) throw new DocumentError(`${method} ${path} is not an operation.`)
      return [this.#readOperation(method, path, operation, item['parameters'])]
    })
  }

  #readOperation(
    method: HttpMethod,
    path: string,
    raw: JsonObject,
    shared: unknown
  ): ClusterOperation {
    const where = `${method} ${path}`
    const { text } = readVendorWords(raw['description'])
    const { text: title } = readVendorWords(raw['summary'])
    const [tag] = Array.isArray(raw['tags']) ? (raw['tags'] as unknown[]) : []
    const { operationId } = raw
    // A summary of one word repeats the operationId (SPEC).
    const summary = /\s/.test(title) ? title : text.split(/(?<=\.)\s/)[0] || title
    return {
      method,
      path,
      operationId: typeof operationId === 'string' ? quoted(operationId) : undefined,
      entity: (typeof tag === 'string' && quoted(tag)) || (path.split('/')[1] ?? ''),
      summary: summary || where,
      description: text === summary ? '' : text,
      parameters: this.#readParameters(path, shared, raw['parameters'], where),
      body: this.#readBody(raw['requestBody'], where),
      response: this.#readResponse(raw['responses'], where)
    }
  }

  #readParameters(path: string, shared: unknown, own: unknown, where: string): Parameter[] {
    const found = new Map<string, Parameter>()
    for (const list of [shared, own]) {
      if (list === undefined) continue
      if (!Array.isArray(list))
        throw new DocumentError(`The parameters of ${where} are not a list.`)
      for (const item of list) {
        const raw = this.#references.resolve(item, where)
        if (!isObject(raw) || typeof raw['name'] !== 'string' || typeof raw['in'] !== 'string')
          throw new DocumentError(`A parameter of ${where} lacks its name or its place.`)
        const { name, in: place } = raw
        if (place !== 'path' && place !== 'query' && place !== 'header') continue
        const content = contentOf(raw['content'], where)
        const schema = this.#schemas.read(raw['schema'] ?? content?.[1]['schema'], where)
        const { text } = readVendorWords(raw['description'])
        found.set(`${place} ${name}`, {
          name: quoted(name),
          in: place,
          required: place === 'path' || raw['required'] === true,
          schema: text === '' ? schema : { description: text, ...schema }
        })
      }
    }
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const inPath = named.map(
      (name): Parameter =>
        found.get(`path ${name}`) ?? {
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' }
        }
    )
    return [...inPath, ...[...found.values()].filter((parameter) => parameter.in !== 'path')]
  }

  #readBody(given: unknown, where: string): ClusterOperation['body'] {
    if (given === undefined) return undefined
    const raw = this.#references.resolve(given, where)
    if (!isObject(raw)) throw new DocumentError(`The requestBody of ${where} is not an object.`)
    const [contentType, content] = contentOf(raw['content'], where) ?? []
    if (contentType === undefined) return undefined
    const schema = this.#schemas.read(content?.['schema'], `${where} body`)
    return { contentType, required: raw['required'] === true, schema }
  }

  #readResponse(given: unknown, where: string): Schema | undefined {
    if (given === undefined) return undefined
    if (!isObject(given)) throw new DocumentError(`The responses of ${where} are not an object.`)
    for (const [status, response] of Object.entries(given)) {
      if (!status.startsWith('2')) continue
      const raw = this.#references.resolve(response, where)
      if (!isObject(raw)) throw new DocumentError(`A response of ${where} is not an object.`)
      const [contentType, content] = contentOf(raw['content'], where) ?? []
      if (contentType === 'application/json' && content?.['schema'] !== undefined)
        return this.#schemas.read(content['schema'], `${where} response`)
    }
    return undefined
  }
}

/**
 * Reads what a cluster says of its API at /rest/v1/openapi.json, whatever its version.
 * @param document checked by `checkDocument`
 * @throws {DocumentError} in one sentence, if a required part is missing or broken.
 */
export const readClusterDocument = (document: JsonObject): ClusterDocument =>
  new Reader(document).read()
