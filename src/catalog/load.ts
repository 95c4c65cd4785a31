import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HttpMethod, httpMethods } from '../lib/http/http-method.ts'
import { packageRoot } from '../lib/files/package-info.ts'
import type { CatalogKeywords } from '../lib/json/schema-keywords.ts'
import { PathIndex } from './path-index.ts'
import { type EffectMarks, type RawEffectMarks, toEffectMarks } from './effects/marks.ts'

/** A JSON Schema of the catalog: draft 2020-12 and our own `x-` marks (openapi/README.md). */
export interface Schema extends CatalogKeywords {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  required?: string[]
  enum?: (string | number)[]
  default?: unknown
  additionalProperties?: boolean | Schema
  readOnly?: boolean
  writeOnly?: boolean
  deprecated?: boolean
  description?: string
  $ref?: string
  format?: string
  nullable?: boolean
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  anyOf?: Schema[]
  not?: Schema
  [key: `x-${string}`]: unknown
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: Schema
}

/** One operation of the HyperCore API. */
export interface Operation extends EffectMarks {
  method: HttpMethod
  /** Template below `base`, for example `/VirDomain/{virDomainUUID}`. */
  path: string
  /** `/rest/v1`, `/rest/v2`, or `""` for the few calls outside the API. */
  base: string
  entity: string
  operationId: string | undefined
  summary: string
  kind: string
  parameters: Parameter[]
  /** Content type and schema of the body; undefined where none is sent. */
  body: { contentType: string; schema: Schema; required: boolean } | undefined
  /** Schema of the 200 response; undefined where it has no body. */
  response: Schema | undefined
  returnsTask: boolean
  /** How the task tag was seen: `empty` never names a task, `mixed` sometimes (FACTS 4.1). */
  taskObserved: string | undefined
  /** First version that has it; undefined for the 9.4 baseline. */
  since: string | undefined
  authRequired: boolean
  /** What it does, when it is used, what comes back; `""` where only a summary is known. */
  description: string
  /** Ways people ask for it, other vendors' words among them. */
  phrases: string[]
  /** The scale-bridge tool that does the same. */
  tool: string | undefined
  /** A minimal valid body; undefined where none is sent. */
  example: unknown
  quirks: string[]
  /** Places in the body whose read-only fields the cluster ignores: `dom.blockDevs`. */
  ignoresReadOnly: string[]
  /** Not in the catalog that comes with scale-bridge: known from a cluster's own document alone. */
  imported: boolean
  /** In our catalog, but no longer in the document of the cluster that was imported. */
  missing: boolean
}

interface RawOperation extends RawEffectMarks {
  operationId?: string
  tags: [string]
  summary: string
  parameters?: Parameter[]
  requestBody?: {
    required?: boolean
    content: Record<string, { schema: Schema; example?: unknown }>
  }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  security?: unknown[]
  'x-kind': string
  'x-task'?: boolean
  'x-task-observed'?: string
  'x-since'?: string
  description?: string
  'x-phrases'?: string[]
  'x-tool'?: string
  'x-quirks'?: string[]
  'x-ignores-read-only'?: string[]
  'x-imported'?: boolean
  'x-missing'?: boolean
}

export interface CatalogDocument {
  openapi: string
  info: { title: string; version: string; description: string }
  servers: { url: string }[]
  security: unknown[]
  paths: Record<string, Record<string, unknown>>
  components: { schemas: Record<string, Schema>; securitySchemes: Record<string, unknown> }
}

/** Where a path leads: the operations of its template, and the values of its `{parameters}`. */
export interface PathMatch {
  template: string
  operations: Operation[]
  parameters: Record<string, string>
}

const basePattern = /^(\/rest\/v2|\/update|\/support-api)(?=\/)/

function toOperation(key: string, method: string, raw: RawOperation): Operation {
  const outside = basePattern.exec(key)
  const base = outside === null ? '/rest/v1' : outside[1] === '/rest/v2' ? '/rest/v2' : ''
  const [contentType, content] = Object.entries(raw.requestBody?.content ?? {})[0] ?? []
  return {
    method: method.toUpperCase() as HttpMethod,
    path: base === '/rest/v2' ? key.slice('/rest/v2'.length) : key,
    base,
    entity: raw.tags[0],
    operationId: raw.operationId,
    summary: raw.summary,
    kind: raw['x-kind'],
    ...toEffectMarks(raw),
    parameters: raw.parameters ?? [],
    body:
      contentType === undefined || content === undefined
        ? undefined
        : { contentType, schema: content.schema, required: raw.requestBody?.required === true },
    response: raw.responses['200']?.content?.['application/json']?.schema,
    returnsTask: raw['x-task'] === true,
    taskObserved: raw['x-task-observed'],
    since: raw['x-since'],
    authRequired: raw.security === undefined,
    description: raw.description ?? '',
    phrases: raw['x-phrases'] ?? [],
    tool: raw['x-tool'],
    example: content?.example,
    quirks: raw['x-quirks'] ?? [],
    ignoresReadOnly: raw['x-ignores-read-only'] ?? [],
    imported: raw['x-imported'] === true,
    missing: raw['x-missing'] === true
  }
}

/**
 * The HyperCore API as data: its operations, found by method and path, and the schemas of its
 * records.
 */
export class Catalog {
  readonly document: CatalogDocument
  readonly operations: readonly Operation[]
  readonly #byTemplate = new Map<string, Operation[]>()
  readonly #index = new PathIndex()

  constructor(document: CatalogDocument) {
    this.document = document
    this.operations = Object.entries(document.paths).flatMap(([key, item]) =>
      Object.entries(item)
        .filter(([method]) => (httpMethods as readonly string[]).includes(method.toUpperCase()))
        .map(([method, raw]) => toOperation(key, method, raw as RawOperation))
    )
    for (const operation of this.operations) {
      const template = operation.base + operation.path
      const known = this.#byTemplate.get(template)
      if (known === undefined) {
        this.#byTemplate.set(template, [operation])
        this.#index.add(template)
      } else known.push(operation)
    }
  }

  /** All entities, in the order of the document. */
  get entities(): string[] {
    return [...new Set(this.operations.map((operation) => operation.entity))]
  }

  /** The operation of a method and a path template below `/rest/v1`. */
  find(method: HttpMethod, path: string, base = '/rest/v1'): Operation | undefined {
    return this.#byTemplate.get(base + path)?.find((operation) => operation.method === method)
  }

  /**
   * Finds the template that a concrete path (`/rest/v1/VirDomain/7c4f…`) belongs to. Fixed segments
   * win over parameters: `/Condition/filter` is not a condition's name. A trailing slash is ignored.
   */
  match(path: string): PathMatch | undefined {
    const found = this.#index.find(path)
    if (found === undefined) return undefined
    return { ...found, operations: this.#byTemplate.get(found.template) ?? [] }
  }

  /** The schema a `$ref` of the catalog points at; throws if the catalog does not hold it. */
  resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema
    const name = schema.$ref.slice('#/components/schemas/'.length)
    const target = this.document.components.schemas[name]
    if (target === undefined) throw new Error(`The catalog has no schema ${name}`)
    return target
  }
}

/** The catalog that comes with scale-bridge. */
export const bundledCatalogFile = join(packageRoot, 'openapi', 'hypercore.json')

let bundled: Catalog | undefined

/** The bundled catalog, shared by all and read-only. */
export function loadCatalog(): Catalog {
  if (bundled === undefined) {
    const text = readFileSync(bundledCatalogFile, 'utf8')
    bundled = new Catalog(JSON.parse(text) as CatalogDocument)
  }
  return bundled
}
