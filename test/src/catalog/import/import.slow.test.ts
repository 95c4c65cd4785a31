import t from 'tap'
import { readClusterDocument } from '../../../../src/catalog/import/cluster-document.ts'
import { checkDocument, DocumentError } from '../../../../src/catalog/import/document.ts'
import { importDocument, type ImportedCatalog } from '../../../../src/catalog/import/import.ts'
import { BodyValidators } from '../../../../src/catalog/call/body-validators.ts'
import { Catalog, loadCatalog, type Schema } from '../../../../src/catalog/load.ts'
import { CatalogSearch } from '../../../../src/catalog/search/search.ts'
import { openApiDocument } from '../../../../src/simulator/openapi-document.ts'
import { playedCatalog } from '../../../../src/simulator/played-version.ts'
import { apiDocument } from '../../../helper/api-document.ts'

type Json = Record<string, unknown>

const served = (version: string): ImportedCatalog =>
  importDocument(openApiDocument(playedCatalog(version, false), version))

/** A document whose only schema of interest is `Spin`. */
function withSchemas(schemas: Json): Json {
  const document = apiDocument()
  const components = document['components'] as { schemas: Json }
  Object.assign(components.schemas, schemas)
  return document
}

const spinOf = (schemas: Json): Schema => {
  const { schemas: read } = readClusterDocument(withSchemas(schemas))
  return read['Spin'] ?? {}
}

/** How the schema of one field is read. */
const field = (schema: unknown): Schema =>
  spinOf({ Spin: { type: 'object', properties: { field: schema } } }).properties?.['field'] ?? {}

/** Schemas of which each is another name for the next, and the last for the first. */
const circle = (names: string[]): Json =>
  Object.fromEntries(
    names.map((name, i) => [
      name,
      { $ref: `#/components/schemas/${names[(i + 1) % names.length]}` }
    ])
  )

const onePath = (item: unknown, key = '/User'): Json => apiDocument({ paths: { [key]: item } })

const firstOf = (search: CatalogSearch, question: string): string[] =>
  search.search(question).map(({ operation: { method, path } }) => `${method} ${path}`)

t.test('the operations of a cluster of 9.4 are ours, with our words', async (t) => {
  const bundled = loadCatalog()
  const { catalog, report } = served('9.4.30.217736')
  t.equal(report.operations.matched, 150)
  t.strictSame(report.operations.added, [])
  t.ok(report.references > 300)
  t.ok(catalog.find('POST', '/VirDomainBlockDevice/{uuid}/snapDiff')?.missing)
  t.ok(catalog.find('GET', '/ClusterSpec')?.missing)
  t.notOk(catalog.find('GET', '/openapi.json')?.missing)
  t.notOk(catalog.find('GET', '/update_status.json', '')?.missing)
  t.strictSame(report.fields.added, [])
  t.strictSame(report.fields.missing, [])
  for (const ours of bundled.operations) {
    const found = catalog.find(ours.method, ours.path, ours.base)
    t.ok(found, `${ours.method} ${ours.path}`)
    const { summary, description, phrases, tool, example, effect, quirks, entity, kind } = ours
    t.match(found, { summary, description, tool, effect, entity, kind, imported: false })
    t.strictSame(found?.phrases, phrases)
    t.strictSame(found?.quirks, quirks)
    t.strictSame(found?.example, example)
  }
})

t.test('marks and words of fields survive the dialect of 3.0', async (t) => {
  const bundled = loadCatalog().document.components.schemas
  const { document } = served('9.4.30.217736').catalog
  let compared = 0
  for (const [name, schema] of Object.entries(bundled))
    for (const [field, ours] of Object.entries(schema.properties ?? {})) {
      const theirs = document.components.schemas[name]?.properties?.[field]
      for (const mark of [
        'x-secret',
        'x-internal',
        'x-create-only',
        'x-unit',
        'description'
      ] as const)
        if (theirs?.[mark] !== ours[mark]) t.same(theirs?.[mark], ours[mark], `${name}.${field}`)
      if (ours.readOnly === true) t.equal(theirs?.readOnly, true, `${name}.${field} is read-only`)
      compared += 1
    }
  t.ok(compared > 300)
})

t.test('search finds in an imported catalog what it finds in the bundled one', async (t) => {
  const bundled = new CatalogSearch(loadCatalog())
  const imported = new CatalogSearch(served('9.4.30.217736').catalog)
  for (const { phrases } of loadCatalog().operations)
    for (const phrase of phrases.slice(0, 2))
      t.strictSame(firstOf(imported, phrase), firstOf(bundled, phrase), phrase)
})

t.test('a cluster of 9.6 offers snapDiff', async (t) => {
  const { catalog, report, cluster } = served('9.6.27.225000')
  t.equal(cluster.version, '1.3.2')
  t.equal(report.operations.matched, 151)
  t.notOk(catalog.find('POST', '/VirDomainBlockDevice/{uuid}/snapDiff')?.missing)
})

t.test('every body example still fits after an import', async (t) => {
  const { catalog } = served('9.4.30.217736')
  const validators = new BodyValidators(catalog)
  for (const operation of catalog.operations)
    if (operation.body?.contentType === 'application/json' && operation.example !== undefined)
      t.strictSame(
        validators.errors(operation, operation.example).map(({ message }) => message),
        [],
        `${operation.method} ${operation.path}`
      )
})

t.test('what we do not know is added, what is not there is marked', async (t) => {
  const { catalog, report } = importDocument(apiDocument())
  t.equal(report.operations.matched, 3)
  t.strictSame(report.operations.added, ['POST /Widget/{uuid}/spin', 'DELETE /Widget/{uuid}/spin'])
  t.ok(report.operations.missing.includes('GET /VirDomain'))
  t.strictSame(report.schemas.added.toSorted(), ['Rate', 'Speed', 'Spin'])
  t.strictSame(report.fields.added, ['User.nickname'])
  t.ok(report.fields.missing.includes('User.fullName'))
  t.ok(report.bodyFields.added.includes('POST /User.pinCode'))
  t.equal(report.references, 15)

  const spin = catalog.find('POST', '/Widget/{uuid}/spin')
  t.match(spin, {
    imported: true,
    missing: false,
    entity: 'Widget',
    effect: 'control',
    returnsTask: true,
    summary: 'Spin a widget for some time.',
    example: { axis: 'X' }
  })
  t.match(catalog.find('DELETE', '/Widget/{uuid}/spin'), { effect: 'control', imported: true })
  t.match(catalog.find('GET', '/VirDomain'), { missing: true, imported: false })
  t.match(catalog.find('GET', '/User'), { missing: false, summary: /user/i })
  t.notMatch(catalog.find('GET', '/User')?.summary, 'The words of the cluster')
  const deletes = catalog.find('DELETE', '/User/{uuid}')
  t.ok(deletes, 'a parameter of another name is still the same path')
  t.equal(deletes?.parameters[0]?.name, 'uuid')

  const { User, VirDomain } = catalog.document.components.schemas
  t.match(User?.properties?.['nickname'], { 'x-imported': true, 'x-create-only': true })
  t.equal(User?.properties?.['nickname']?.description, 'What friends say')
  t.notMatch(User?.properties?.['username']?.description, 'The words of the cluster')
  t.match(JSON.stringify(User?.['x-missing-fields']), '"fullName"')
  t.equal(VirDomain?.['x-missing'], true)

  const create = catalog.find('POST', '/User')
  t.match(create?.example, { username: /./, pinCode: 1000 }, 'the example got what is required now')
  t.notMatch(JSON.stringify(create?.example), 'fullName', 'and lost what the document lacks')
  t.equal(new BodyValidators(catalog).errors(create!, create?.example).length, 0)
  const body = catalog.resolve(create?.body?.schema ?? {})
  t.equal(body.properties?.['password']?.['x-secret'], true)
  t.equal(body.properties?.['authSecret']?.['x-secret'], true, 'a name that sounds like a secret')

  const [hit] = new CatalogSearch(catalog).search('spin a widget')
  t.equal(hit?.operation.path, '/Widget/{uuid}/spin')
})

t.test('the bundled catalog is not touched by an import', async (t) => {
  const before = JSON.stringify(loadCatalog().document)
  importDocument(apiDocument())
  t.equal(JSON.stringify(loadCatalog().document), before)
})

t.test('every reference of an imported catalog resolves in one step', async (t) => {
  const { catalog } = importDocument(apiDocument())
  let count = 0
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { $ref } = value as Schema
    if (typeof $ref === 'string') {
      count += 1
      const target = catalog.resolve(value as Schema)
      t.equal(target.$ref, undefined, $ref)
    }
    for (const each of Object.values(value)) visit(each)
  }
  visit(catalog.document)
  t.ok(count > 100)
})

t.test('the forms that schemas are written in', async (t) => {
  const rows: [string, unknown, Schema][] = [
    ['true', true, {}],
    ['false', false, { not: {} }],
    ['nullable of 3.0', { type: 'string', nullable: true }, { type: 'string', nullable: true }],
    ['null of 3.1', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
    [
      'two types',
      { type: ['string', 'integer'] },
      { anyOf: [{ type: 'string' }, { type: 'integer' }] }
    ],
    ['const', { const: 'A' }, { enum: ['A'] }],
    [
      'enum with null',
      { type: 'string', enum: ['A', null] },
      { type: 'string', nullable: true, 'x-known-values': ['A'] }
    ],
    ['an empty enum', { type: 'string', enum: [] }, { type: 'string' }],
    ['an unknown type', { type: 'strng' }, {}],
    [
      'exclusive of 3.0',
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      { type: 'integer', exclusiveMinimum: 1 }
    ],
    [
      'exclusive of 3.1',
      { type: 'integer', exclusiveMinimum: 1 },
      { type: 'integer', exclusiveMinimum: 1 }
    ],
    ['a pattern is left out', { type: 'string', pattern: '(a+)+$' }, { type: 'string' }],
    [
      'oneOf',
      { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      { anyOf: [{ type: 'string' }, { type: 'integer' }] }
    ],
    ['items alone', { items: { type: 'string' } }, { type: 'array', items: { type: 'string' } }],
    [
      'additional ones',
      { type: 'object', additionalProperties: { type: 'integer' } },
      { type: 'object', additionalProperties: { type: 'integer' } }
    ],
    [
      'allOf',
      {
        allOf: [
          { $ref: '#/components/schemas/Result' },
          { properties: { a: { type: 'string' } }, required: ['a'] }
        ]
      },
      {
        type: 'object',
        properties: {
          taskTag: { type: 'string' },
          createdUUID: { type: 'string' },
          a: { type: 'string' }
        },
        required: ['a']
      }
    ],
    [
      'a $ref with words',
      { $ref: '#/components/schemas/Rate', description: 'x' },
      { $ref: '#/components/schemas/Rate', description: 'x' }
    ],
    [
      'a pointer into another place',
      { $ref: '#/components/schemas/User/properties/username' },
      { $ref: '#/components/schemas/components_schemas_User_properties_username' }
    ],
    [
      'marks',
      { type: 'string', description: 'A_b c _**INTERNAL**_ <b>d</b>\u001b[2J _**DEPRECATED**_' },
      { type: 'string', description: 'A_b c d [2J', deprecated: true, 'x-internal': true }
    ]
  ]
  for (const [name, given, wanted] of rows) t.strictSame(field(given), wanted, name)
})

t.test('recursive schemas are allowed, circles of nothing but references are not', async (t) => {
  const tree = { type: 'object', properties: { left: { $ref: '#/components/schemas/Spin' } } }
  const { catalog } = importDocument(withSchemas({ Spin: tree }))
  const spin = catalog.find('POST', '/Widget/{uuid}/spin')
  t.equal(new BodyValidators(catalog).errors(spin!, { left: { left: {} } }).length, 0)
  t.equal(new BodyValidators(catalog).errors(spin!, { left: { left: 1 } }).length, 1)

  t.throws(() => importDocument(withSchemas(circle(['A']))), { message: /circle/ })
  t.throws(() => importDocument(withSchemas(circle(['A', 'B', 'C']))), { message: /circle/ })
  const self = { Spin: { allOf: [{ $ref: '#/components/schemas/Spin' }] } }
  t.throws(() => importDocument(withSchemas(self)), { message: /circle/ })
  const pair = {
    Spin: { allOf: [{ $ref: '#/components/schemas/Spin' }, { type: 'object' }] }
  }
  t.throws(() => importDocument(withSchemas(pair)), { message: /contains itself/ })
})

t.test('documents made to exhaust are refused soon', async (t) => {
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `S${i}`,
      {
        allOf: [
          { $ref: `#/components/schemas/S${i + 1}` },
          { $ref: `#/components/schemas/S${i + 1}` }
        ]
      }
    ])
  )
  // Following each of them would not come to an end.
  t.throws(() => importDocument(withSchemas({ ...doubling, S40: { type: 'object' } })), {
    name: 'DocumentError',
    message: /too|more than/
  })
  const long = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [
      `S${i}`,
      { allOf: [{ $ref: `#/components/schemas/S${i + 1}` }, { type: 'object' }] }
    ])
  )
  t.throws(() => importDocument(withSchemas({ ...long, S20000: { type: 'object' } })), {
    name: 'DocumentError'
  })
})

t.test('broken documents are refused in one sentence that names the place', async (t) => {
  const get = { responses: {} }
  const rows: [string, Json, RegExp][] = [
    ['no paths', apiDocument({ paths: undefined }), /no paths/],
    ['empty paths', apiDocument({ paths: {} }), /no paths/],
    ['paths of a list', apiDocument({ paths: [] }), /no paths/],
    ['no operation', onePath({}), /no operation/],
    ['a path of text', onePath('x'), /\/User holds no operations/],
    ['an operation of text', onePath({ get: 'x' }), /GET \/User is not an operation/],
    [
      'parameters of text',
      onePath({ get: { ...get, parameters: 'x' } }),
      /parameters of GET \/User/
    ],
    [
      'a parameter without a name',
      onePath({ get: { ...get, parameters: [{ in: 'query' }] } }),
      /lacks its name/
    ],
    ['a body of text', onePath({ post: { requestBody: 'x' } }), /requestBody of POST \/User/],
    ['responses of text', onePath({ get: { responses: 'x' } }), /responses of GET \/User/],
    ['schemas of a list', apiDocument({ components: { schemas: [] } }), /components\.schemas/],
    ['a schema of text', withSchemas({ Spin: 'x' }), /Spin is not a schema/],
    ['properties of a list', withSchemas({ Spin: { properties: [] } }), /properties of Spin/],
    [
      'a reference to nowhere',
      withSchemas({ Spin: { $ref: '#/components/schemas/Nope' } }),
      /Nope, which the document does not hold/
    ],
    [
      'a reference to what objects inherit',
      withSchemas({ Spin: { $ref: '#/components/schemas/toString' } }),
      /toString, which the document does not hold/
    ],
    [
      'a reference to the web',
      withSchemas({ Spin: { $ref: 'https://evil.example/x.json' } }),
      /outside the document/
    ],
    [
      'a reference to a file',
      withSchemas({ Spin: { $ref: '../../etc/passwd' } }),
      /outside the document/
    ],
    [
      'a broken reference where nothing looks',
      apiDocument({ 'x-more': [{ $ref: '#/nope' }] }),
      /#\/nope, which the document does not hold/
    ],
    ['a path out of the API', onePath({ get }, '/../support-api/open'), /is not a valid path/],
    ['a path with a query', onePath({ get }, '/User?x=1'), /is not a valid path/],
    ['a path without a slash', onePath({ get }, 'User'), /is not a valid path/],
    [
      'a path that a terminal would obey',
      onePath({ get }, '/\u001b[31m'),
      /\/�\[31m is not a valid path/
    ],
    ['a schema name that a terminal would obey', withSchemas({ 'a\u001b[2J': {} }), /a�\[2J/],
    [
      'the same path twice',
      apiDocument({ paths: { '/User/{a}': { get }, '/User/{b}': { get } } }),
      /twice/
    ],
    [
      'the API of another product',
      onePath({ get }, '/pets'),
      /None of its operations is one of HyperCore's/
    ],
    ['v2', apiDocument({ servers: [{ url: '/rest/v2' }] }), /\/rest\/v2.*\/rest\/v1/]
  ]
  for (const [name, document, pattern] of rows) {
    try {
      importDocument(document)
      t.fail(`${name} was taken`)
    } catch (error) {
      t.ok(error instanceof DocumentError, name)
      t.match((error as Error).message, pattern, name)
      t.notMatch((error as Error).message, /\p{C}/u, name)
    }
  }
})

t.test('paths may carry the prefix, and servers may be whole addresses', async (t) => {
  const { paths } = apiDocument() as { paths: Json }
  const prefixed = Object.fromEntries(
    Object.entries(paths).map(([key, item]) => [`/rest/v1${key}`, item])
  )
  for (const changes of [
    { paths: prefixed, servers: [{ url: '/' }] },
    { paths: prefixed, servers: undefined },
    { servers: [{ url: 'https://10.20.0.11/rest/v1/' }] }
  ])
    t.equal(importDocument(apiDocument(changes)).report.operations.matched, 3)
})

t.test('names that objects inherit are names like others', async (t) => {
  const odd = { toString: { type: 'string' }, hasOwnProperty: { type: 'integer' } }
  const spin = spinOf({ Spin: { type: 'object', properties: odd } })
  t.strictSame(Object.keys(spin.properties ?? {}), ['toString', 'hasOwnProperty'])
  const document = withSchemas({ valueOf: { type: 'object', properties: odd } })
  checkDocument(document)
  t.ok(new Catalog(importDocument(document).catalog.document).operations.length > 0)
})
