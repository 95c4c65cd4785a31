import { readFileSync } from 'node:fs'
import t from 'tap'
import { documentPath, generateDocument } from '../../openapi/generate.ts'
import { startTestBridge } from '../helper/bridge.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- a document of any shape is walked
type Schema = Record<string, any>

const methods = new Set(['get', 'post', 'put', 'patch', 'delete'])

/** Every schema below this one, with the way to it. */
function* schemasIn(schema: Schema, way: string): Generator<[string, Schema]> {
  yield [way, schema]
  for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Schema))
    yield* schemasIn(property, `${way}.${name}`)
  if (schema['items'] !== undefined) yield* schemasIn(schema['items'], `${way}[]`)
}

t.test('the committed document is the one the bridge serves', async (t) => {
  t.equal(
    readFileSync(documentPath, 'utf8'),
    await generateDocument(),
    'run `npm run openapi` and commit the change'
  )
})

t.test('the document obeys what OpenWebUI needs', async (t) => {
  const bridge = await startTestBridge(t)
  const { body: document, headers } = await bridge.fetch('/openapi.json')
  t.match(headers['content-type'], /^application\/json/)
  t.ok(document.info.title && document.info.version && document.info.description)
  t.notOk(JSON.stringify(document).includes('$ref'), 'no references')
  t.match(document.components.securitySchemes.bearer, { type: 'http', scheme: 'bearer' })
  t.same(
    Object.keys(document.paths),
    [...bridge.app.tools.keys()].map((name) => `/${name}`),
    'every tool and nothing else'
  )

  for (const [path, item] of Object.entries<Schema>(document.paths)) {
    t.ok(
      Object.keys(item).every((key) => methods.has(key)),
      `${path} has methods only`
    )
    const operation = item['post']
    t.equal(`/${operation.operationId}`, path)
    t.match(operation.operationId, /^[a-zA-Z0-9_-]{1,48}$/)
    t.ok(operation.description.length > 40 && operation.description.length <= 1024, path)
    t.equal(operation.parameters, undefined, 'no parameters outside the body')
    t.same(operation.security, [{ bearer: [] }])

    const schema = operation.requestBody.content['application/json'].schema
    t.equal(schema.type, 'object')
    t.ok(schema.properties, `${path} has properties`)
    for (const [way, part] of schemasIn(schema, operation.operationId)) {
      t.type(part['type'], 'string', `${way} has one plain type`)
      if (part !== schema) t.ok(part['description'], `${way} has a description`)
      if (part['type'] === 'array') t.ok(part['items'], `${way} has items`)
      for (const noise of [
        'additionalProperties',
        'title',
        'anyOf',
        'oneOf',
        'allOf',
        'const',
        'not'
      ])
        t.notOk(noise in part, `${way} has no ${noise}`)
      for (const word of (part['enum'] ?? []) as string[])
        t.ok(part['description'].includes(word), `${way} names ${word} in its description`)
      const required: string[] = part['required'] ?? []
      t.same(
        Object.keys(part['properties'] ?? {}).slice(0, required.length),
        required,
        `${way}: required first`
      )
    }
  }
})

t.test('it is served from memory', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.fetch('/openapi.json')
  const started = performance.now()
  for (let i = 0; i < 50; i++) await bridge.fetch('/openapi.json')
  t.ok((performance.now() - started) / 50 < 20, 'a few milliseconds each')
  t.equal(bridge.simulator.requests.length, 0, 'the cluster is never asked')
})
