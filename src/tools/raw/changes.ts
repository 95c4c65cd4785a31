import type { Catalog, Operation, Schema } from '../../catalog/load.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { asWord, quoteText } from '../../lib/text/quote.ts'
import { isSecretName } from '../../lib/secrets/secrets.ts'
import { formatBytes } from '../../lib/text/units.ts'

const isPlain = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

const shown = (value: unknown, { 'x-unit': unit }: Schema): string =>
  typeof value === 'string'
    ? quoteText(value)
    : unit === 'bytes'
      ? `${String(value)} (${formatBytes(Number(value))})`
      : String(value)

/**
 * What a body makes of a record, a few words for each plain field that changes:
 * `capacity 107374182400 (100 GiB) → 214748364800 (200 GiB)`. Secrets are left out.
 */
export function changesOf(
  catalog: Catalog,
  operation: Operation | undefined,
  before: JsonObject | undefined,
  body: unknown
): string[] {
  if (operation?.body === undefined || before === undefined || !isObject(body)) return []
  const { properties = {} } = catalog.resolve(operation.body.schema)
  return Object.entries(body).flatMap(([name, value]) => {
    const field = Object.hasOwn(properties, name) ? (properties[name] ?? {}) : {}
    const was = before[name]
    if (isSecretName(name) || field['x-secret'] === true || was === value) return []
    if (!isPlain(value) || !isPlain(was)) return []
    return [`${asWord(name)} ${shown(was, field)} → ${shown(value, field)}`]
  })
}
