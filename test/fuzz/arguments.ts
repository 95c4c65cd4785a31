import type { TSchema } from '@sinclair/typebox'
import * as fc from 'fast-check'
import type { Tool } from '../../src/tools/define-tool.ts'
import { anyKey, anyText, anyValue } from './hostile.ts'

/** What there is in the cluster, so that some calls mean something. */
export interface Pools {
  /** By `x-entity`: uuids and names. */
  byEntity: Readonly<Record<string, readonly string[]>>
  /** All of them. */
  known: readonly string[]
}

/** A value that fits a schema, as far as its keywords tell. */
function fitting(schema: TSchema, pools: Pools): fc.Arbitrary<unknown> {
  const { type, enum: values, anyOf, const: only } = schema as Record<string, unknown>
  if (only !== undefined) return fc.constant(only)
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]))
  if (Array.isArray(anyOf))
    return fc.oneof(...(anyOf as TSchema[]).map((each) => fitting(each, pools)))
  const kind: unknown = Array.isArray(type) ? type[0] : type
  const entity: unknown = schema['x-entity']
  if (typeof entity === 'string')
    return fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...(pools.byEntity[entity] ?? pools.known)) },
      { weight: 1, arbitrary: fc.constantFrom(...pools.known) },
      { weight: 1, arbitrary: anyText }
    )
  switch (kind) {
    case 'string': {
      const { minLength = 0, maxLength = 60 } = schema as { minLength?: number; maxLength?: number }
      return fc.oneof(
        anyText.map((text) => text.slice(0, maxLength)),
        fc.constantFrom(...pools.known),
        fc.string({ minLength: Math.min(minLength, 50), maxLength: Math.min(maxLength, 60) })
      )
    }
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = 2 ** 40 } = schema as { minimum?: number; maximum?: number }
      return fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) })
    }
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(fitting((schema['items'] as TSchema | undefined) ?? ({} as TSchema), pools), {
        maxLength: 3
      })
    case 'object':
      return schema['properties'] === undefined
        ? fc.oneof(fc.constant({}), fc.dictionary(anyKey, anyValue, { maxKeys: 3 }))
        : fittingObject(schema, pools)
    default:
      return anyValue
  }
}

function fittingObject(schema: TSchema, pools: Pools): fc.Arbitrary<Record<string, unknown>> {
  const properties = schema['properties'] as Record<string, TSchema>
  const required = new Set((schema['required'] as string[] | undefined) ?? [])
  return fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, fitting(field, pools)])
    ),
    { requiredKeys: Object.keys(properties).filter((name) => required.has(name)) }
  )
}

/** Something that is done to arguments that fit. */
type Mutation = (args: Record<string, unknown>) => unknown

const otherKeys: readonly ((key: string) => string)[] = [
  (key) => key.toUpperCase(),
  (key) => `_${key}_`,
  (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
]

const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 14, arbitrary: fc.constant<Mutation>((args) => args) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(20), anyValue).map(([at, value]): Mutation => (args) => {
      const keys = Object.keys(args)
      const key = keys[at % Math.max(1, keys.length)]
      return key === undefined ? args : { ...args, [key]: value }
    })
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyKey, anyValue).map(
      ([key, value]): Mutation =>
        (args) =>
          // As JSON does it: the key is the object's own, whatever its name.
          JSON.parse(
            JSON.stringify({ ...args, ' ': value }).replace('" ":', () => `${JSON.stringify(key)}:`)
          ) as unknown
    )
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(20), fc.constantFrom(...otherKeys))
      .map(([at, change]): Mutation => (args) => {
        const keys = Object.keys(args)
        return Object.fromEntries(
          Object.entries(args).map(([key, value], i) => [
            i === at % Math.max(1, keys.length) ? change(key) : key,
            value
          ])
        )
      })
  },
  {
    weight: 1,
    arbitrary: fc.nat(20).map(
      (at): Mutation =>
        (args) =>
          Object.fromEntries(
            Object.entries(args).map(([key, value], i) => [key, i === at ? [value] : value])
          )
    )
  },
  {
    weight: 1,
    arbitrary: anyValue.map(
      (value): Mutation =>
        () =>
          value
    )
  }
)

/** With `wait` 0: a search for failures does not wait for tasks. */
function impatient(tool: Tool, args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args
  const given = args as Record<string, unknown>
  const { wait } = given
  // What is neither is refused.
  const isLong = wait === undefined || typeof wait === 'number' || typeof wait === 'string'
  return Object.hasOwn(tool.input.properties, 'wait') && isLong ? { ...given, wait: 0 } : args
}

/** Arguments of a tool, made from its own schema, and how they may be altered on the way. */
export const hostileArguments = (tool: Tool, pools: Pools): fc.Arbitrary<unknown> =>
  fc
    .tuple(fittingObject(tool.input, pools), fc.array(mutations, { minLength: 1, maxLength: 2 }))
    .map(([args, changes]) =>
      changes.reduce<unknown>(
        (now, change) =>
          typeof now === 'object' && now !== null && !Array.isArray(now)
            ? change(now as Record<string, unknown>)
            : now,
        args
      )
    )
    .map((args) => impatient(tool, args))
