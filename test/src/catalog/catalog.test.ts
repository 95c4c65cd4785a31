import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadCatalog, type Operation, type Schema } from '../../../src/catalog/load.ts'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { BodyValidator } from '../../../src/simulator/validation.ts'

const catalog = loadCatalog()
const { document, operations } = catalog
const text = readFileSync(join(packageRoot, 'openapi', 'hypercore.json'), 'utf8')

const keyOf = ({ method, base, path }: Operation): string =>
  `${method} ${base === '/rest/v2' ? base : ''}${path}`

const rawOf = (operation: Operation): Record<string, unknown> => {
  const key = operation.base === '/rest/v2' ? operation.base + operation.path : operation.path
  return document.paths[key]?.[operation.method.toLowerCase()] as Record<string, unknown>
}

type Visit = (schema: Schema, at: string) => void

/** Visits a schema and what stands in it; a `$ref` is not followed. */
function walk(schema: Schema, at: string, visit: Visit): void {
  visit(schema, at)
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    walk(field, `${at}.${name}`, visit)
  if (schema.items !== undefined) walk(schema.items, `${at}[]`, visit)
  if (typeof schema.additionalProperties === 'object')
    walk(schema.additionalProperties, `${at}{}`, visit)
}

/** Visits every schema of the document: components, bodies, answers and parameters. */
function walkAll(visit: Visit): void {
  for (const [name, schema] of Object.entries(document.components.schemas))
    walk(schema, name, visit)
  for (const operation of operations) {
    const key = keyOf(operation)
    if (operation.body !== undefined) walk(operation.body.schema, `${key} body`, visit)
    if (operation.response !== undefined) walk(operation.response, `${key} answer`, visit)
    for (const { name, schema } of operation.parameters) walk(schema, `${key} ${name}`, visit)
  }
}

void t.test('holds the 150 operations of 9.4 and the others that are known', async (t) => {
  // The document of a cluster does not list the address it is served at itself.
  const listed = operations.filter(
    (operation) => rawOf(operation)['x-in-9.4'] === true && operation.path !== '/openapi.json'
  )
  t.equal(listed.length, 150)
  t.equal(operations.length, 169)
  t.equal(new Set(operations.map(keyOf)).size, 169)
})

void t.test(
  'is formatted as it is committed, and small enough to load at each start',
  async (t) => {
    t.equal(text, `${JSON.stringify(document, null, 2)}\n`)
    t.ok(text.length < 700_000, `${text.length} characters`)
  }
)

void t.test('every $ref resolves', async (t) => {
  let seen = 0
  walkAll((schema, at) => {
    if (schema.$ref === undefined) return
    seen += 1
    if (!schema.$ref.startsWith('#/components/schemas/')) t.fail(`${at}: ${schema.$ref}`)
    t.ok(catalog.resolve(schema), at)
  })
  t.ok(seen > 200)
  t.equal(text.match(/"\$ref"/g)?.length, seen, 'none stands outside of the schemas')
})

void t.test(
  'every operation has words, phrases and described answers and parameters',
  async (t) => {
    const owners = new Map<string, string>()
    for (const operation of operations) {
      const key = keyOf(operation)
      const { summary, description, phrases } = operation
      t.ok(summary.length >= 10 && summary.length <= 100, `${key}: summary`)
      t.ok(description.length >= 40 && description.length <= 560, `${key}: description`)
      t.not(description, summary, `${key}: description says more`)
      t.ok(phrases.length >= 5, `${key}: phrases`)
      for (const phrase of phrases) {
        const words = phrase.toLowerCase()
        t.equal(owners.get(words), undefined, `${key}: "${phrase}" belongs to one operation`)
        owners.set(words, key)
      }
      const raw = rawOf(operation) as {
        responses: Record<string, { description?: string }>
        parameters?: { name: string; description?: string }[]
      }
      for (const [status, response] of Object.entries(raw.responses))
        t.ok(response.description, `${key}: ${status}`)
      for (const { name, description: words } of raw.parameters ?? [])
        t.ok(words, `${key}: ${name}`)
    }
  }
)

void t.test('every schema and every field has a description', async (t) => {
  const wanting: string[] = []
  walkAll((schema, at) => {
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      if ((field.description ?? '').length < 4) wanting.push(`${at}.${name}`)
  })
  for (const [name, schema] of Object.entries(document.components.schemas))
    if (schema.properties === undefined && schema.description === undefined) wanting.push(name)
  t.strictSame(wanting, [])
})

/** What an example must not hold, although a body that does may pass validation. */
function unfit(operation: Operation, schema: Schema, value: unknown, at: string): string[] {
  const target = catalog.resolve(schema)
  if (Array.isArray(value))
    return value.flatMap((item) => unfit(operation, target.items ?? {}, item, `${at}[]`))
  if (typeof value !== 'object' || value === null || target.properties === undefined) return []
  return Object.entries(value).flatMap(([name, item]) => {
    const field = target.properties?.[name]
    const place = `${at}.${name}`
    if (field === undefined) return [`${place}: unknown`]
    if (field.readOnly === true) return [`${place}: read-only`]
    if (field.deprecated === true) return [`${place}: deprecated`]
    if (field['x-internal'] === true) return [`${place}: internal`]
    if (field['x-create-only'] === true && operation.kind === 'update') return [`${place}: fixed`]
    return unfit(operation, field, item, place)
  })
}

void t.test('every body has an example that is valid and holds nothing superfluous', async (t) => {
  const validator = new BodyValidator(catalog, 'refused')
  const withBody = operations.filter((operation) => operation.body !== undefined)
  t.ok(withBody.length > 60)
  for (const operation of withBody) {
    const { body, example } = operation
    const key = keyOf(operation)
    t.not(example, undefined, `${key}: has an example`)
    t.strictSame(validator.problems(operation, example), [], `${key}: is valid`)
    t.strictSame(unfit(operation, body?.schema ?? {}, example, 'body'), [], `${key}: is fit`)
  }
  const create = catalog.find('POST', '/VirDomain')
  if (create === undefined) throw new Error('POST /VirDomain is not there')
  t.strictSame(
    unfit(create, create.body?.schema ?? {}, { dom: { uuid: '', state: 'RUNNING', naem: '' } }, ''),
    ['.dom.uuid: read-only', '.dom.state: internal', '.dom.naem: unknown']
  )
})

void t.test('secrets are marked, wherever they stand', async (t) => {
  const secrets = new Set<string>()
  const open = new Set<string>()
  walkAll((schema) => {
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      (field['x-secret'] === true ? secrets : open).add(name)
  })
  t.strictSame([...secrets].toSorted(), [
    'authInfo',
    'authPassword',
    'certificateKeyFile',
    'metaData',
    'password',
    'pathURI',
    'privateKey',
    'sessionID',
    'sharedSecret',
    'userData'
  ])
  // The v2 call that connects clusters takes an address there and no credentials.
  t.strictSame(
    [...secrets].filter((name) => open.has(name)),
    ['authInfo']
  )
  t.strictSame(
    [...open].filter((name) => /password|secret|privatekey|sessionid/i.test(name)),
    []
  )
})

void t.test('the effect of a call does not follow its method alone', async (t) => {
  const exceptions = operations.filter(
    ({ method, effect }) => ['GET', 'OPTIONS'].includes(method) !== (effect === 'read')
  )
  t.strictSame(exceptions.map(keyOf), [
    'POST /VirDomainBlockDevice/{uuid}/snapDiff',
    'GET /support-api/open',
    'GET /support-api/close'
  ])
  t.strictSame(
    operations.filter(({ method, effect }) => method === 'DELETE' && effect === 'change'),
    []
  )
})

void t.test('reads answer arrays, also for one record', async (t) => {
  const others = operations
    .filter(
      ({ method, base, effect }) => method === 'GET' && base === '/rest/v1' && effect === 'read'
    )
    .filter(({ response }) => response?.type !== 'array')
    .map(keyOf)
  t.strictSame(others, ['GET /ping', 'GET /ClusterSpec', 'GET /openapi.json', 'GET /docs/'])
  t.match(catalog.find('GET', '/NucleusKey')?.response, { items: { type: 'string' } })
})

void t.test('the tools that are named exist', async (t) => {
  const bridge = JSON.parse(
    readFileSync(join(packageRoot, 'openapi', 'scale-bridge.json'), 'utf8')
  ) as { paths: Record<string, unknown> }
  const named = operations.flatMap(({ tool }) => tool?.split(' or ') ?? [])
  t.ok(named.length > 20)
  for (const tool of named) t.ok(bridge.paths[`/${tool}`], tool)
})
