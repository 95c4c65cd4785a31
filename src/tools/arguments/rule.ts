/** What of the cluster a text may name: the step after validation looks its uuid up. */
export type Entity = 'vm' | 'node' | 'snapshot'

/** What the repair reads of the JSON Schema of an argument. */
export interface ArgumentSchema {
  type?: string | readonly string[]
  enum?: readonly string[]
  format?: string
  pattern?: string
  minLength?: number
  required?: readonly string[]
  properties?: Record<string, ArgumentSchema>
  items?: ArgumentSchema
  /** A uuid of one of these, or its name. */
  'x-entity'?: Entity
  /** Text that is a list of words, split by commas. */
  'x-words'?: boolean
}

/** One thing the repair does, as the documentation names it. */
export interface Rule {
  name: string
  does: string
  example: string
}

/** A value in form; `note` follows the name of the argument where the caller should know. */
export interface Coerced {
  value: unknown
  note?: string
}

/** A rule for one value. */
export interface ValueRule extends Rule {
  /** Undefined where there is nothing to heal, or no one way to do it. */
  coerce: (value: unknown, schema: ArgumentSchema) => Coerced | undefined
}
