import type { ToolSchema } from '../../lib/json/schema-keywords.ts'

/** One thing coercion does, as the documentation names it. */
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
  /** Undefined where there is nothing to coerce, or no one way to do it. */
  coerce: (value: unknown, schema: ToolSchema) => Coerced | undefined
}
