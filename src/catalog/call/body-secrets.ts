import { joinLogin, splitLogin } from '../../lib/http/address-login.ts'
import { redacted } from '../../lib/secrets/redactor.ts'
import { secretPattern } from '../../lib/secrets/secret-pattern.ts'
import { isSecretName } from '../../lib/secrets/secrets.ts'
import type { Catalog, Schema } from '../load.ts'

/** A shorter secret cannot be distinguished from ordinary text in a search. */
const minSearchedLength = 4

/** An address keeps everything but its login, so that a reader still sees where it leads. */
const redactValue = (secret: string): string => {
  const { address, login } = splitLogin(secret)
  if (!/^\w+:\/\//.test(secret)) return redacted
  return login === '' ? address : joinLogin({ address, login: redacted })
}

const markedNames = new WeakMap<Catalog, ReadonlySet<string>>()

const isMarked = (catalog: Catalog, field: Schema): boolean =>
  field['x-secret'] === true || catalog.resolve(field)['x-secret'] === true

/** Names of fields that are secret in any body: one in the wrong place is as secret. */
function secretAnywhere(catalog: Catalog): ReadonlySet<string> {
  const known = markedNames.get(catalog)
  if (known !== undefined) return known
  const names = new Set<string>()
  const seen = new Set<Schema>()
  const collect = (schema: Schema | undefined): void => {
    if (schema === undefined) return
    const target = catalog.resolve(schema)
    if (seen.has(target)) return
    seen.add(target)
    collect(target.items)
    for (const [name, field] of Object.entries(target.properties ?? {})) {
      if (isMarked(catalog, field)) names.add(name)
      collect(field)
    }
  }
  for (const { body } of catalog.operations) collect(body?.schema)
  markedNames.set(catalog, names)
  return names
}

/** Goes through a body along its schema and redacts what is secret by mark or by name. */
function walk(
  catalog: Catalog,
  schema: Schema | undefined,
  value: unknown,
  found: (secret: string) => void
): unknown {
  const target = schema === undefined ? undefined : catalog.resolve(schema)
  if (Array.isArray(value)) return value.map((item) => walk(catalog, target?.items, item, found))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]: [string, unknown]) => {
      const properties = target?.properties
      const field =
        properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
      if (typeof entry !== 'string' || entry === '')
        return [name, walk(catalog, field, entry, found)]
      const secret =
        isSecretName(name) ||
        (field === undefined ? secretAnywhere(catalog).has(name) : isMarked(catalog, field))
      if (!secret) return [name, entry]
      found(entry)
      return [name, redactValue(entry)]
    })
  )
}

/** A copy of a body in which secrets are redacted, for showing it. */
export const redactBody = (catalog: Catalog, schema: Schema | undefined, body: unknown): unknown =>
  walk(catalog, schema, body, () => {})

/** The secrets in a body. */
function secretsOf(catalog: Catalog, schema: Schema | undefined, body: unknown): string[] {
  const secrets: string[] = []
  walk(catalog, schema, body, (secret) => {
    if (secret.length >= minSearchedLength) secrets.push(secret)
    // The login alone, as a response may quote it without the rest of the address.
    const { login } = splitLogin(secret)
    const password = login.slice(login.indexOf(':') + 1)
    if (password.length >= minSearchedLength) secrets.push(password)
  })
  return secrets.toSorted((a, b) => b.length - a.length)
}

/** Takes the secrets of a body out of a text that may quote it. */
export function withoutSecrets(
  catalog: Catalog,
  schema: Schema | undefined,
  body: unknown
): (text: string) => string {
  const secrets = secretsOf(catalog, schema, body)
  const patterns = secrets.map((secret) => new RegExp(secretPattern(secret), 'g'))
  return (text) => patterns.reduce((clean, pattern) => clean.replaceAll(pattern, redacted), text)
}
