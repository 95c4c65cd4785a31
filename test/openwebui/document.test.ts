import { readFileSync } from 'node:fs'
import t from 'tap'
import { documentPath, generateDocument } from '../../openapi/generate.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { backendCall } from './clients.ts'
import { documentRules } from './rules.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- documents of any shape, broken ones too
type Json = Record<string, any>

const bridge = await startTestBridge(t)
const fetchDocument = (headers: Record<string, string> = {}, path = '/openapi.json') =>
  backendCall(bridge.url, path, { method: 'GET', headers })
const { json: document } = (await fetchDocument()) as { json: Json }

t.test('A1: one document, from memory', async (t) => {
  const asked = bridge.simulator.requests.length
  for (let i = 0; i < 5; i++) t.same((await fetchDocument()).json, document)
  t.equal(bridge.simulator.requests.length, asked, 'the cluster is never asked')
})

t.test('A2: ids and paths are stable, and old ones are answered kindly', async (t) => {
  t.equal(
    readFileSync(documentPath, 'utf8'),
    await generateDocument(),
    'the committed document is the one the bridge serves: run `npm run openapi` and commit the change'
  )
  const { status, json } = await backendCall(bridge.url, '/getVM_detail', { key: bridge.token })
  t.equal(status, 404)
  t.match(json, { error: { message: /did you mean POST \/getVM_details\?/ } })
})

t.test('A3: while the cluster hangs', async (t) => {
  const hanging = await startTestBridge(t)
  hanging.simulator.faults.add({ kind: 'hang' })
  const controller = new AbortController()
  const call = hanging.fetch('/ping_read', {
    method: 'POST',
    headers: { authorization: `Bearer ${hanging.token}` },
    signal: controller.signal
  })
  const { status } = await backendCall(hanging.url, '/openapi.json', { method: 'GET' })
  t.equal(status, 200)
  controller.abort()
  await t.rejects(call, 'the call beside it still waited')
})

t.test('A5: without the key, with it, with a wrong one and with none', async (t) => {
  for (const [key, expected] of [
    [undefined, 200],
    [bridge.token, 200],
    ['', 200],
    ['wrong', 401]
  ] as const) {
    const { status } = await backendCall(bridge.url, '/openapi.json', { method: 'GET', key })
    t.equal(status, expected, `key ${key}`)
  }
})

t.test('A6: JSON below the address of the connection', async (t) => {
  for (const path of ['/openapi.json', '//openapi.json', '/openapi.json/']) {
    const { status, headers, json } = await fetchDocument({}, path)
    t.equal(status, 200, path)
    t.match(headers['content-type'], /^application\/json/)
    t.match(json, { openapi: /^3\.[01]\./ })
  }
})

t.test('A7: every path is called below the address of the connection', async (t) => {
  for (const path of Object.keys(document['paths'] as Json))
    t.equal(
      (await backendCall(bridge.url, path, { key: bridge.token, body: { noSuchArgument: 1 } }))
        .status,
      400,
      `${path} is there`
    )
})

t.test('B1: every tool is in the document, and nothing else', async (t) => {
  const names = Object.values(document['paths'] as Json).map((item) => item.post.operationId)
  t.same(names, [...bridge.app.tools.keys()])
  t.same(
    Object.keys(document['paths'] as Json),
    names.map((name) => `/${name}`),
    'each at its own path'
  )
})

t.test('the document says how to authorize, for those who read it', async (t) => {
  t.match(document['components'], {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } }
  })
  for (const { post } of Object.values(document['paths'] as Json))
    t.same(post.security, [{ bearer: [] }])
})

for (const [number, [title, rule]] of Object.entries(documentRules))
  t.test(`${number}: ${title}`, async (t) => {
    t.same(rule(document), [])
  })

/** What is done to the document, and the rule that catches it. */
const broken: [rule: string, name: string, breakIt: (parts: Parts) => unknown][] = [
  ['A4', 'a boolean schema', ({ properties }) => (properties.any = true)],
  ['A4', 'a boolean in anyOf', ({ filter }) => (filter.anyOf = [true, { type: 'string' }])],
  ['A4', 'a boolean in allOf', ({ filter }) => (filter.allOf = [false])],
  ['A4', 'boolean items', ({ disks }) => (disks.items = true)],
  ['A4', 'a boolean far inside', ({ disks }) => (disks.items.properties.type = true)],
  ['A4', 'required as in draft 3', ({ filter }) => (filter.required = true)],
  ['A4', 'properties as a list', ({ schema }) => (schema.properties = ['filter'])],
  ['A4', 'content as a list', ({ body }) => (body.content = ['application/json'])],
  ['A4', 'a summary beside the methods', ({ item }) => (item.summary = 'VMs')],
  ['A4', 'parameters beside the methods', ({ item }) => (item.parameters = [])],
  ['A4', 'an extension beside the methods', ({ item }) => (item['x-tag'] = {})],
  ['A4', 'a circular reference', ({ filter }) => (filter.items = { $ref: '#/components/x' })],
  ['A4', 'no paths', ({ document }) => (document.paths = undefined)],
  ['A7', 'a server to be prefixed', ({ document }) => (document.servers = [{ url: '/api' }])],
  ['A7', 'a server of one operation', ({ post }) => (post.servers = [{ url: '/api' }])],
  ['A7', 'a path of two words', ({ move }) => move('/tools/vm_read')],
  ['A8', 'no description', ({ document }) => delete document.info.description],
  ['A8', 'an empty title', ({ document }) => (document.info.title = '')],
  ['A8', 'a novel', ({ document }) => (document.info.description = 'word '.repeat(100))],
  ['B1', 'no operationId', ({ post }) => delete post.operationId],
  ['B2', 'a dot in a name', ({ post }) => (post.operationId = 'vm.read')],
  ['B2', 'a long name', ({ post }) => (post.operationId = 'r'.repeat(49))],
  ['B3', 'the same name twice', ({ post }) => (post.operationId = 'node_read')],
  ['B3', 'names that end alike', ({ post }) => (post.operationId = 'old_node_read')],
  ['B4', 'an empty description', ({ post }) => (post.description = '')],
  ['B4', 'a description too long', ({ post }) => (post.description = 'word '.repeat(300))],
  ['B5', 'PUT', ({ item, post }) => Object.assign(item, { put: post, post: undefined })],
  [
    'B5',
    'a charset',
    ({ body, json }) => (body.content = { 'application/json; charset=utf-8': json })
  ],
  ['B5', 'a form beside it', ({ body, json }) => (body.content['multipart/form-data'] = json)],
  ['B5', 'a body elsewhere', ({ post }) => (post.requestBody = { $ref: '#/components/x' })],
  ['B6', 'a query parameter', ({ post }) => (post.parameters = [{ in: 'query', name: 'limit' }])],
  ['B6', 'a path parameter', ({ move }) => move('/vm_read/{uuid}')],
  ['B6', 'parameters of the path', ({ item }) => (item.parameters = [{ in: 'path' }])],
  ['B7', 'no body', ({ post }) => delete post.requestBody],
  ['C1', 'a reference', ({ filter }) => (filter.additionalProperties = { $ref: '#/$defs/x' })],
  ['C1', '$defs', ({ schema }) => (schema.$defs = {})],
  ['C2', 'a list as a body', ({ schema }) => (schema.type = 'array')],
  ['C2', 'a choice of bodies', ({ json }) => (json.schema = { oneOf: [] })],
  ['C2', 'a body without properties', ({ schema }) => delete schema.properties],
  ['C3', 'no type', ({ filter }) => delete filter.type],
  ['C3', 'two types', ({ filter }) => (filter.type = ['string', 'null'])],
  ['C3', 'a choice', ({ filter }) => (filter.oneOf = [{ type: 'string' }])],
  ['C3', 'a constant', ({ filter }) => (filter.const = 'web')],
  ['C3', 'an argument without a word', ({ filter }) => delete filter.description],
  ['C3', 'a word missing inside', ({ disks }) => delete disks.items.properties.type.description],
  ['C3', 'a list without a word', ({ disks }) => delete disks.description],
  ['C3', 'a list of no type', ({ fields }) => delete fields.items.type],
  ['C3', 'a list of two types', ({ fields }) => (fields.items.type = ['string', 'integer'])],
  ['C4', 'a list of what?', ({ disks }) => delete disks.items],
  ['C5', 'a word only in enum', ({ filter }) => (filter.enum = ['WEB'])],
  ['C5', 'a number only in minimum', ({ filter }) => (filter.minimum = 77)],
  ['C5', 'a default only in default', ({ filter }) => (filter.default = 'WEB')],
  ['C5', 'a format only in format', ({ filter }) => (filter.format = 'date-time')],
  [
    'C5',
    'an object in an object in a list',
    ({ disks, filter }) => (disks.items.properties.type.properties = { filter })
  ],
  ['C6', 'a title', ({ filter }) => (filter.title = 'Filter')],
  ['C6', '$schema', ({ schema }) => (schema.$schema = 'https://json-schema.org/x')],
  ['C6', 'no further properties', ({ schema }) => (schema.additionalProperties = false)],
  ['C6', 'a default of null', ({ filter }) => (filter.default = null)],
  ['C7', 'the last one required', ({ schema }) => (schema.required = ['detail'])]
]

interface Parts {
  document: Json
  item: Json
  post: Json
  body: Json
  json: Json
  schema: Json
  properties: Json
  filter: Json
  fields: Json
  disks: Json
  move: (path: string) => void
}

/** A copy of the document, by the parts of `vm_read` and the disks of `createVM`. */
function copyInParts(): Parts {
  const copy = structuredClone(document)
  const { paths } = copy
  const item = paths['/vm_read']
  const json = item.post.requestBody.content['application/json']
  return {
    document: copy,
    item,
    post: item.post,
    body: item.post.requestBody,
    json,
    schema: json.schema,
    properties: json.schema.properties,
    filter: json.schema.properties.filter,
    fields: json.schema.properties.fields,
    disks: paths['/createVM'].post.requestBody.content['application/json'].schema.properties.disks,
    move(path) {
      paths[path] = item
      delete paths['/vm_read']
    }
  }
}

t.test('every rule catches what breaks it', async (t) => {
  t.same(
    new Set(broken.map(([rule]) => rule)),
    new Set(Object.keys(documentRules)),
    'no rule without a document that breaks it'
  )
  for (const [number, name, breakIt] of broken) {
    const parts = copyInParts()
    breakIt(parts)
    const [, rule] = documentRules[number] ?? []
    const complaints = rule?.(JSON.parse(JSON.stringify(parts.document)))
    t.ok((complaints ?? []).length > 0, `${number}: ${name}`)
  }
})

t.test('no rule fails on a document of another shape', async (t) => {
  for (const odd of [null, [], 'text', {}, { paths: [] }, { paths: { '/a': null } }])
    for (const [number, [, rule]] of Object.entries(documentRules))
      t.type(rule(odd), Array, `${number} on ${JSON.stringify(odd)}`)
})
