import type { Schema } from '../load.ts'

type Resolve = (schema: Schema) => Schema

const maxDepth = 8
const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

function sampleText(name: string, schema: Schema): string {
  if (/uuids?$/i.test(name) || schema.format === 'uuid') return uuid
  const text = name === '' ? 'text' : name
  return text.padEnd(schema.minLength ?? 0, 'x').slice(0, schema.maxLength)
}

/**
 * The smallest value that fits a schema: what is required and nothing else.
 * @param name of the field, to write an example that can be understood
 */
export function sampleOf(schema: Schema, resolve: Resolve, name = '', depth = 0): unknown {
  const target = resolve(schema)
  if (target.default !== undefined) return target.default
  if (target.enum?.[0] !== undefined) return target.enum[0]
  if (target.anyOf?.[0] !== undefined && depth < maxDepth)
    return sampleOf(target.anyOf[0], resolve, name, depth + 1)
  switch (target.type) {
    case 'object': {
      const fields = depth < maxDepth ? (target.required ?? []) : []
      return Object.fromEntries(
        fields.map((field) => {
          const property = target.properties?.[field] ?? {}
          return [field, sampleOf(property, resolve, field, depth + 1)]
        })
      )
    }
    case 'array':
      return Array.from({ length: depth < maxDepth ? (target.minItems ?? 0) && 1 : 0 }, () =>
        sampleOf(target.items ?? {}, resolve, name.replace(/s$/, ''), depth + 1)
      )
    case 'integer':
    case 'number':
      return target.minimum ?? Math.min(1, target.maximum ?? 1)
    case 'boolean':
      return false
    default:
      return sampleText(name, target)
  }
}

/**
 * A written example brought into line with a schema that changed since: fields that it lacks are
 * left out, those that became required are added.
 */
export function fitExample(example: unknown, schema: Schema, resolve: Resolve): unknown {
  const target = resolve(schema)
  if (Array.isArray(example))
    return example.map((item) => fitExample(item, target.items ?? {}, resolve))
  if (typeof example !== 'object' || example === null) return example
  const dropped = target['x-missing-fields'] ?? []
  const kept = Object.entries(example).filter(([name]) => !dropped.includes(name))
  const fitted = kept.map(([name, value]): [string, unknown] => [
    name,
    fitExample(value, target.properties?.[name] ?? {}, resolve)
  ])
  const missing = (target.required ?? []).filter((name) => !Object.hasOwn(example, name))
  const added = missing.map((name): [string, unknown] => [
    name,
    sampleOf(target.properties?.[name] ?? {}, resolve, name, 1)
  ])
  return Object.fromEntries([...fitted, ...added])
}
