import t, { type Test } from 'tap'
import type { Catalog, Schema } from '../../../src/catalog/load.ts'
import { playedCatalog } from '../../../src/simulator/played-version.ts'
import { simulatedVersions } from '../../../src/simulator/options.ts'
import { PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

/** What a record lacks, has too much or has wrong, against a schema of the catalog. */
function differences(catalog: Catalog, schema: Schema, value: unknown, at: string): string[] {
  const wanted = catalog.resolve(schema)
  const fits: Record<string, (value: unknown) => boolean> = {
    string: (it) => typeof it === 'string',
    boolean: (it) => typeof it === 'boolean',
    number: (it) => Number.isFinite(it),
    integer: (it) => Number.isInteger(it),
    array: (it) => Array.isArray(it),
    object: (it) => typeof it === 'object' && it !== null && !Array.isArray(it)
  }
  if (wanted.type !== undefined && fits[wanted.type]?.(value) !== true)
    return [`${at} is no ${wanted.type}: ${JSON.stringify(value)}`]
  if (wanted.enum !== undefined && !wanted.enum.includes(value as string))
    return [`${at} is not one of ${wanted.enum.join()}: ${JSON.stringify(value)}`]
  if (Array.isArray(value))
    return value.flatMap((item, i) => differences(catalog, wanted.items ?? {}, item, `${at}[${i}]`))
  if (wanted.type !== 'object') return []
  const record = value as Record<string, unknown>
  if (typeof wanted.additionalProperties === 'object') {
    const inner = wanted.additionalProperties
    return Object.entries(record).flatMap(([key, item]) =>
      differences(catalog, inner, item, `${at}.${key}`)
    )
  }
  const properties = wanted.properties ?? {}
  const problems: string[] = []
  for (const key of Object.keys(record))
    if (!(key in properties)) problems.push(`${at}.${key} is invented`)
  for (const [key, property] of Object.entries(properties)) {
    const secret = property.writeOnly === true
    if (key in record && secret) problems.push(`${at}.${key} is a secret`)
    else if (key in record)
      problems.push(...differences(catalog, property, record[key], `${at}.${key}`))
    else if (!secret) problems.push(`${at}.${key} is missing`)
  }
  return problems
}

/** Empty on a cluster without graphics cards (FACTS 13.4, I). */
const mayBeEmpty = new Set(['GPU', 'GPUProfile'])

async function walk(t: Test, version: string): Promise<void> {
  const { urls, world } = await simulatorFor(t, { version })
  const client = new PlainClient(urls[0] ?? '')
  const catalog = playedCatalog(version, false)
  // Kinds of settings that a new cluster has none of.
  await client.done(client.post('/NucleusKey', { value: 'ssh-ed25519 AAAA' }))
  await client.post('/OIDCConfig', {
    configurationURL: 'https://id.example.org/.well-known/openid-configuration',
    scopes: 'openid',
    sharedSecret: 'secret'
  })
  await until(() => world.state.settings.get('OIDCConfig')?.size === 1)
  await until(async () => (await client.raw('GET', '/ping')).status === 200)
  for (const operation of catalog.operations) {
    if (operation.method !== 'GET' || operation.base !== '/rest/v1') continue
    if (operation.path === '/openapi.json') continue
    const parameter = /\{(.+)\}/.exec(operation.path)?.[1]
    let path = operation.path
    if (parameter !== undefined) {
      const list = await client.get<Record<string, string> | string>(path.replace(/\/\{.+/, ''))
      const [first] = list
      const id =
        typeof first === 'string' ? first : (first?.[parameter.replace(/^.*UUID$/, 'uuid')] ?? 'x')
      path = path.replace(/\{.+\}/, encodeURIComponent(id))
    }
    const answer: unknown = JSON.parse((await client.raw('GET', path)).text)
    t.same(
      differences(catalog, operation.response ?? {}, answer, operation.path).slice(0, 5),
      [],
      `${operation.method} ${operation.path}`
    )
    if (operation.path !== '/ping' && !mayBeEmpty.has(operation.entity))
      t.not((answer as unknown[]).length, 0, `${operation.path} has something to check`)
  }
}

for (const version of simulatedVersions)
  t.test(`every read of ${version} answers whole records, and nothing else`, (t) =>
    walk(t, version)
  )
