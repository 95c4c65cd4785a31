/** Something of the cluster that a caller may name instead of giving its uuid. */
export type Entity = 'vm' | 'node' | 'snapshot' | 'schedule' | 'iso'

/**
 * Our keywords in the schemas of a tool's arguments, read by coercion, by messages and by the projection
 * that is published. None of them is published itself.
 */
export interface ArgumentKeywords {
  /** A uuid of one of these, or its name. */
  'x-entity'?: Entity
  /** Text that is a list of words, split by commas. */
  'x-comma-list'?: boolean
  /** A filter of a list: conditions as a list or an object are taken, too. */
  'x-filter'?: boolean
  /** A number of bytes, which may also be given with a unit. */
  'x-bytes'?: boolean
  /** A number of GiB, which may also be given with a unit. */
  'x-gib'?: boolean
  /** What a value is or where it comes from, for errors: not worth its tokens in every prompt. */
  'x-hint'?: string
  /** JSON text of a value, for errors, where the type alone does not show one. */
  'x-example'?: string
  /** What a pattern requires, in words. */
  'x-format-hint'?: string
  /** Wrong names that are commonly used for this one: a pattern for their letters and digits. */
  'x-misnomers'?: string
  /** Advice for words that are commonly used for one or several of the allowed ones, by letters and digits. */
  'x-advice'?: ReadonlyMap<string, string>
  /** A range so wide that no value leaves it: left to the error, not published. */
  'x-hide-range'?: boolean
  /** Accepted, and described where it is required: not worth its tokens in every prompt. */
  'x-unlisted'?: true
  /** The type to publish where several are taken. */
  'x-published-type'?: string
  /** A value that may hold secrets: it is neither logged nor recorded. */
  'x-withheld'?: true
  /** The object has the outcome of a write. */
  'x-outcome'?: true
}

/** What is read of the JSON Schema of a tool's arguments and response. */
export interface ToolSchema extends ArgumentKeywords {
  type?: string | readonly string[]
  description?: string
  enum?: readonly string[]
  format?: string
  pattern?: string
  minLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  default?: unknown
  readOnly?: boolean
  required?: readonly string[]
  properties?: Record<string, ToolSchema>
  /** False where no others are allowed. */
  additionalProperties?: unknown
  items?: ToolSchema
}

/** Our keywords in the schemas of the catalog (openapi/README.md). */
export interface CatalogKeywords {
  'x-create-only'?: boolean
  'x-secret'?: boolean
  'x-internal'?: boolean
  'x-unit'?: string
  'x-known-values'?: readonly (string | number)[]
  'x-imported'?: boolean
  'x-missing'?: boolean
  'x-missing-fields'?: readonly string[]
}

declare module '@sinclair/typebox' {
  interface SchemaOptions extends ArgumentKeywords {}
}
