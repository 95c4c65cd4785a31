import type { Effect } from '../../lib/effect.ts'
import type { Catalog, Operation, Schema } from '../load.ts'
import type { AddressKind, EffectRule } from './marks.ts'

/** An effect and why, in short words. */
export interface Verdict {
  readonly effect: Effect
  readonly reason: string
}

/** What some values of a field do. */
export interface ValueRule {
  holds: (value: unknown) => boolean
  verdict: Verdict
}

export type ValueType = 'string' | 'number' | 'boolean' | 'array' | 'object'

/** What is known of the values of one place in a body: its rules, and those of what is inside it. */
export interface FieldRules {
  /** `[].actionType`; `""` for the body itself. */
  place: string
  /** Of a value that no rule holds for. */
  otherwise: Verdict
  /** Whether it must not be set: what is inside does not matter. */
  closed: boolean
  /** undefined: any. */
  type: ValueType | undefined
  /** The values there are; undefined: any. */
  values: ReadonlySet<unknown> | undefined
  rules: readonly ValueRule[]
  /** Of the field being absent or empty. */
  missing: Verdict | undefined
  /** Whether `missing` is set somewhere inside, in what an absent object would have held. */
  hasMissing: boolean
  fields: ReadonlyMap<string, FieldRules>
  item: FieldRules | undefined
  /** Entity of the object that the value names and the call acts on. */
  target: string | undefined
  /** Entities of what the value only points to. */
  references: readonly string[]
  address: AddressKind | undefined
}

const types: Readonly<Record<string, ValueType>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  array: 'array',
  object: 'object'
}

/** Whether text has no character that shows, or a list no item. */
export const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : typeof value === 'string' && value.trim() === ''

const verdictOf = ({ effect, reason }: EffectRule): Verdict => ({ effect, reason })

function toValueRule(rule: EffectRule): ValueRule {
  const { values, empty } = rule
  const verdict = verdictOf(rule)
  if (values !== undefined) {
    const known = new Set<unknown>(values)
    return { holds: (value) => known.has(value), verdict }
  }
  return { holds: empty === true ? isEmpty : () => true, verdict }
}

/** Deeper than any record of the catalog; further in, all is unknown. */
const maxDepth = 12

class Compiler {
  readonly #catalog: Catalog
  readonly #operation: Operation
  readonly #base: Verdict

  constructor(catalog: Catalog, operation: Operation, base: Verdict) {
    this.#catalog = catalog
    this.#operation = operation
    this.#base = base
  }

  /** Why a field must not be set; undefined where it may be set. */
  #closedBecause(place: string, schema: Schema, ignored: boolean): string | undefined {
    if (schema['x-imported'] === true) return `what ${place} does is not known`
    if (schema['x-internal'] === true) return `${place} is internal: the cluster sets it itself`
    if (schema.deprecated === true) return `${place} is deprecated: what it does is not known`
    if (schema.readOnly === true && !ignored) return `${place} is read-only`
    if (schema['x-create-only'] === true && this.#operation.kind === 'update')
      return `${place} is set when a record is created: what it does later is not known`
    return undefined
  }

  field(place: string, given: Schema, depth: number): FieldRules {
    const { effectRules, targets, references, addresses, ignoresReadOnly } = this.#operation
    const schema = { ...this.#catalog.resolve(given), ...given }
    const inside = place.replace(/\[\]\.\w+$/, '')
    const ignored = ignoresReadOnly.includes(inside)
    const rules = effectRules.filter((rule) => rule.field === place)
    const missing = rules.find((rule) => rule.missing === true)
    const why =
      this.#closedBecause(place, schema, ignored) ??
      (depth > maxDepth ? `${place} is nested too deep` : undefined)
    const closed = why !== undefined || schema.readOnly === true
    const fields = new Map<string, FieldRules>()
    if (!closed)
      for (const [name, inner] of Object.entries(schema.properties ?? {}))
        fields.set(name, this.field(place === '' ? name : `${place}.${name}`, inner, depth + 1))
    const item =
      closed || schema.items === undefined
        ? undefined
        : this.field(`${place}[]`, schema.items, depth + 1)
    const reference = references[place]
    return {
      place,
      otherwise: why === undefined ? this.#base : { effect: 'control', reason: why },
      closed,
      type: types[schema.type ?? ''],
      values: schema.enum === undefined ? undefined : new Set<unknown>(schema.enum),
      rules: rules.filter((rule) => rule.missing !== true).map(toValueRule),
      missing: missing === undefined ? undefined : verdictOf(missing),
      hasMissing: [...fields.values()].some(
        (each) => each.missing !== undefined || each.hasMissing
      ),
      fields,
      item,
      target: targets[place],
      references: reference === undefined ? [] : [reference].flat(),
      address: addresses[place]
    }
  }
}

/**
 * The rules of an operation's body as a tree; undefined where it takes none.
 * @param base of whatever no rule speaks of
 */
export function compileBody(
  catalog: Catalog,
  operation: Operation,
  base: Verdict
): FieldRules | undefined {
  const { body } = operation
  if (body === undefined) return undefined
  return new Compiler(catalog, operation, base).field('', body.schema, 0)
}
