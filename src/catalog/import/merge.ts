import type { Effect } from '../../lib/effect.ts'
import type { ClusterDocument, ClusterOperation } from './cluster-document.ts'
import { DocumentError } from './document.ts'
import type { CatalogDocument, Parameter, Schema } from '../load.ts'
import { httpMethods } from '../../lib/http/http-method.ts'
import { newComparison, SchemaMerger, type Comparison } from './merge-schema.ts'
import { fitExample, sampleOf } from './sample.ts'

/** What an import found, in comparison with the bundled catalog. */
export interface ImportReport {
  operations: Comparison
  schemas: Comparison
  /** Fields of the component schemas. */
  fields: Comparison
  /** Fields of request bodies, as far as these are written out. */
  bodyFields: Comparison
  /** `$ref`s in the document, all resolved. */
  references: number
}

/** The members of an operation in the catalog's document that an import reads or sets. */
interface DocumentOperation {
  parameters?: Parameter[]
  requestBody?: {
    required: boolean
    content: Record<string, { schema: Schema; example?: unknown }>
  }
  responses: Record<string, { content?: Record<string, { schema: Schema }>; description?: string }>
  [name: string]: unknown
}

type PathItem = Record<string, unknown>

/** Paths that a cluster serves and its document does not speak of (FACTS 1). */
export const selfDescription: ReadonlySet<string> = new Set(['/openapi.json', '/docs/'])
const outside = /^\/(?:rest\/v2|update|support-api)\//

/** A template without the names of its parameters: `/VirDomain/{}`. */
const shapeOf = (path: string): string => path.replace(/\{\w+\}/g, '{}').replace(/(?<=.)\/$/, '')

/** What an unknown call does: whatever is not a GET could do anything. */
function guess({ method, path }: ClusterOperation): { kind: string; effect: Effect } {
  const onOne = path.endsWith('}')
  switch (method) {
    case 'GET':
    case 'OPTIONS':
      return { kind: onOne ? 'get' : 'list', effect: 'read' }
    case 'DELETE':
      return { kind: 'delete', effect: 'control' }
    case 'POST':
      return {
        kind: onOne ? 'update' : path.split('/').length > 2 ? 'action' : 'create',
        effect: 'control'
      }
    default:
      return { kind: 'update', effect: 'control' }
  }
}

class Merger {
  readonly #document: CatalogDocument
  readonly #cluster: ClusterDocument
  readonly #schemas: SchemaMerger
  readonly report: ImportReport

  constructor(bundled: CatalogDocument, cluster: ClusterDocument) {
    this.#document = structuredClone(bundled)
    this.#cluster = cluster
    this.#schemas = new SchemaMerger(bundled.components.schemas)
    this.report = {
      operations: newComparison(),
      schemas: newComparison(),
      fields: newComparison(),
      bodyFields: newComparison(),
      references: cluster.references
    }
  }

  merge(): CatalogDocument {
    this.#mergeSchemas()
    this.#mergeOperations()
    return this.#document
  }

  readonly #resolve = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema
    return this.#document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}
  }

  #mergeSchemas(): void {
    const { schemas: ours } = this.#document.components
    const { schemas: counts, fields } = this.report
    const merged: Record<string, Schema> = {}
    for (const [name, theirs] of Object.entries(this.#cluster.schemas)) {
      const mine = Object.hasOwn(ours, name) ? ours[name] : undefined
      if (mine === undefined) counts.added.push(name)
      else counts.matched += 1
      merged[name] =
        mine === undefined
          ? { ...theirs, 'x-imported': true }
          : this.#schemas.merge(mine, theirs, fields, name)
    }
    for (const [name, mine] of Object.entries(ours)) {
      if (Object.hasOwn(merged, name)) continue
      // Kept: operations of ours that the document does not speak of may refer to it.
      merged[name] = { ...mine, 'x-missing': true }
      counts.missing.push(name)
    }
    this.#document.components.schemas = merged
  }

  #mergeOperations(): void {
    const { operations: counts } = this.report
    const ours = new Map<string, { key: string; item: PathItem; verb: string }>()
    const keys = new Map<string, string>()
    const seen = new Set<string>()
    for (const [key, item] of Object.entries(this.#document.paths)) {
      if (outside.test(key)) continue
      keys.set(shapeOf(key), key)
      for (const method of httpMethods) {
        const verb = method.toLowerCase()
        if (item[verb] !== undefined) ours.set(`${method} ${shapeOf(key)}`, { key, item, verb })
      }
    }
    for (const theirs of this.#cluster.operations) {
      const shape = `${theirs.method} ${shapeOf(theirs.path)}`
      if (seen.has(shape))
        throw new DocumentError(`It describes ${theirs.method} ${theirs.path} twice.`)
      seen.add(shape)
      const mine = ours.get(shape)
      if (mine === undefined) {
        counts.added.push(`${theirs.method} ${theirs.path}`)
        this.#add(theirs, keys.get(shapeOf(theirs.path)) ?? theirs.path)
      } else {
        counts.matched += 1
        ours.delete(shape)
        const operation = mine.item[mine.verb] as DocumentOperation
        mine.item[mine.verb] = this.#mergeOperation(operation, theirs, mine.key)
      }
    }
    if (counts.matched === 0)
      throw new DocumentError(
        "None of its operations is one of HyperCore's: import the document that the cluster serves at /rest/v1/openapi.json."
      )
    for (const { key, item, verb } of ours.values()) {
      if (selfDescription.has(key)) continue
      counts.missing.push(`${verb.toUpperCase()} ${key}`)
      item[verb] = { ...(item[verb] as DocumentOperation), 'x-missing': true }
    }
  }

  #mergeOperation(
    ours: DocumentOperation,
    theirs: ClusterOperation,
    path: string
  ): DocumentOperation {
    const merged: DocumentOperation = {
      ...ours,
      responses: this.#responses(ours, theirs)
    }
    merged.parameters = this.#mergeParameters(ours.parameters ?? [], theirs, path)
    const [contentType, content] = Object.entries(ours.requestBody?.content ?? {})[0] ?? []
    delete merged.requestBody
    if (theirs.body !== undefined) {
      const same = contentType === theirs.body.contentType ? content : undefined
      const label = `${theirs.method} ${path}`
      const schema = this.#schemas.merge(
        same?.schema,
        theirs.body.schema,
        this.report.bodyFields,
        label
      )
      const example =
        same?.example === undefined ? undefined : fitExample(same.example, schema, this.#resolve)
      merged.requestBody = {
        // The 9.4 document forgets it in places; a body that is described is asked for.
        required: ours.requestBody?.required ?? theirs.body.required,
        content: {
          [theirs.body.contentType]: { schema, ...(example === undefined ? {} : { example }) }
        }
      }
    }
    return merged
  }

  /** The cluster's parameters under our names for those in the path, with our words. */
  #mergeParameters(ours: Parameter[], theirs: ClusterOperation, path: string): Parameter[] {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    return theirs.parameters.map((parameter, i) => {
      const name = parameter.in === 'path' ? (names[i] ?? parameter.name) : parameter.name
      const mine = ours.find((each) => each.in === parameter.in && each.name === name)
      const schema = this.#schemas.merge(mine?.schema, parameter.schema, newComparison(), name)
      return { ...mine, ...parameter, name, schema }
    })
  }

  #responses(
    ours: DocumentOperation,
    { response }: ClusterOperation
  ): DocumentOperation['responses'] {
    if (response === undefined) return ours.responses
    const success = { ...ours.responses['200'], description: 'Success' }
    const mine = success.content?.['application/json']?.schema
    const schema = this.#schemas.merge(mine, response, newComparison(), '')
    return { ...ours.responses, '200': { ...success, content: { 'application/json': { schema } } } }
  }

  #add(theirs: ClusterOperation, key: string): void {
    const { kind, effect } = guess(theirs)
    const { body, response } = theirs
    const success = response === undefined ? undefined : this.#resolve(response)
    const operation: DocumentOperation = {
      ...(theirs.operationId === undefined ? {} : { operationId: theirs.operationId }),
      tags: [theirs.entity],
      summary: theirs.summary,
      description: theirs.description,
      parameters: this.#mergeParameters([], theirs, key),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              required: body.required,
              content: {
                [body.contentType]: {
                  schema: body.schema,
                  ...(body.contentType === 'application/json'
                    ? { example: sampleOf(body.schema, this.#resolve) }
                    : {})
                }
              }
            }
          }),
      responses: {
        '200': {
          description: 'Success',
          ...(response === undefined
            ? {}
            : { content: { 'application/json': { schema: response } } })
        }
      },
      'x-kind': kind,
      'x-effect': effect,
      ...(success?.properties?.['taskTag'] !== undefined && effect !== 'read'
        ? { 'x-task': true }
        : {}),
      'x-imported': true
    }
    const item = this.#document.paths[key] ?? {}
    item[theirs.method.toLowerCase()] = operation
    this.#document.paths[key] = item
  }
}

/**
 * Brings a cluster's own document and the bundled catalog together. What the cluster offers and how
 * strict it is comes from its document; words, phrases, examples, effects and secrets stay ours, by
 * method and path and by schema and field. What we did not know is marked `x-imported`, what the
 * document does not hold `x-missing` (`x-missing-fields` on a schema).
 * @throws {DocumentError} if it is not the document of a HyperCore cluster.
 */
export function mergeDocument(
  bundled: CatalogDocument,
  cluster: ClusterDocument
): { document: CatalogDocument; report: ImportReport } {
  const merger = new Merger(bundled, cluster)
  return { document: merger.merge(), report: merger.report }
}
