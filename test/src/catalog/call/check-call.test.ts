import t from 'tap'
import { redactBody, withoutSecrets } from '../../../../src/catalog/call/body-secrets.ts'
import { coerceBody } from '../../../../src/catalog/call/coerce-body.ts'
import { checkCall, exampleBody, type ApiCall } from '../../../../src/catalog/call/check-call.ts'
import { loadCatalog, type Operation } from '../../../../src/catalog/load.ts'
import { httpMethods } from '../../../../src/lib/http/http-method.ts'
import { CatalogSearch } from '../../../../src/catalog/search/search.ts'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'

const catalog = loadCatalog()
const search = new CatalogSearch(catalog)
const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

/** The path of an operation with a uuid for each parameter. */
const concrete = ({ path }: Operation): string => path.replace(/\{\w+\}/g, uuid)

const callable = catalog.operations.filter(
  ({ base, body, parameters }) =>
    base === '/rest/v1' &&
    body?.contentType !== 'application/octet-stream' &&
    !parameters.some((parameter) => parameter.in === 'query' && parameter.required)
)

const refusal = (call: Partial<ApiCall>): BridgeError => {
  try {
    checkCall(catalog, search, { method: 'POST', path: '/User', query: {}, body: {}, ...call })
  } catch (error) {
    if (error instanceof BridgeError) return error
    throw error
  }
  throw new Error('It was taken')
}

t.test('every operation of the catalog passes with its own example', async (t) => {
  for (const operation of callable) {
    const { method } = operation
    const path = concrete(operation).replace(/(?<=.)\/$/, '')
    const body = exampleBody(catalog, operation)
    const checked = checkCall(catalog, search, { method, path, query: {}, body })
    t.equal(checked.operation, operation, `${method} ${path}`)
    t.strictSame(checked.notes, [], `${method} ${path}: nothing to say`)
    t.strictSame(checked.body, body)
    t.equal(checked.path, path)
  }
  t.ok(callable.length >= 150)
})

t.test('no other method passes, and no path with one letter more', async (t) => {
  const templates = new Map(callable.map((operation) => [concrete(operation), operation]))
  for (const [path] of templates) {
    if (path.endsWith('/')) continue
    const offered = catalog.match(`/rest/v1${path}`)?.operations.map(({ method }) => method) ?? []
    for (const method of httpMethods)
      if (!offered.includes(method)) {
        const { code, details } = refusal({ method, path, body: undefined })
        t.equal(code, 'METHOD_NOT_ALLOWED', `${method} ${path}`)
        const methods = (details['nearest'] as { method: string }[]).map((near) => near.method)
        t.strictSame(methods.slice(0, offered.length), offered)
        const below = methods.slice(offered.length)
        t.ok(
          below.every((each) => each === method),
          'where the method is taken, with an id'
        )
      }
  }
  for (const entity of catalog.entities) {
    if (catalog.match(`/rest/v1/${entity}`) === undefined) continue
    const { code, details } = refusal({ method: 'GET', path: `/${entity}x` })
    t.equal(code, 'NOT_FOUND')
    t.equal((details['nearest'] as unknown[]).length, 3)
    t.match(details['nearest'], [{ path: new RegExp(`^/${entity}`) }], entity)
  }
})

t.test(
  'a field that is not there is refused in strict bodies, named with the nearest',
  async (t) => {
    const strict = callable.filter(
      ({ body }) =>
        body !== undefined && catalog.resolve(body.schema).additionalProperties === false
    )
    t.ok(strict.length > 40)
    for (const operation of strict) {
      const example = exampleBody(catalog, operation) as object
      const { method } = operation
      const body = { ...example, nopeField: 1 }
      const { details, message } = refusal({ method, path: concrete(operation), body })
      t.match(details['problems'], [/^unknown field nopeField/], `${method} ${operation.path}`)
      t.match(message, 'Nothing was sent')
    }
  }
)

t.test('nested records are as lenient as the cluster', async (t) => {
  const dom = { name: 'x', blockDevs: [{ type: 'VIRTIO_DISK', capacity: 1, capcity: 2 }] }
  const call: ApiCall = {
    method: 'POST',
    path: '/VirDomain',
    query: {},
    body: { dom, options: {} }
  }
  const { notes, body } = checkCall(catalog, search, call)
  t.strictSame(notes, [
    'dom.blockDevs[0].capcity is not a field in the catalog; did you mean capacity?'
  ])
  t.strictSame(body, call.body, 'it is kept')
  const own = { dom: { name: 'x', uuid }, options: {} }
  t.match(refusal({ ...call, body: own }).details['problems'], [/^dom\.uuid is read-only/])
})

t.test('the devices of a new VM may be records that were read', async (t) => {
  const disk = { type: 'VIRTIO_DISK', capacity: 1, cacheMode: 'NONE' }
  const nic = { type: 'VIRTIO', vlan: 5 }
  const read = { ...disk, uuid, allocation: 7, mountPoints: ['/'], readOnly: true }
  const body = {
    dom: { name: 'x', blockDevs: [disk, read], netDevs: [{ ...nic, uuid, ipv4Addresses: [] }] },
    options: {}
  }
  const path = '/VirDomain'
  const checked = checkCall(catalog, search, { method: 'POST', path, query: {}, body })
  t.strictSame(checked.body, {
    dom: { name: 'x', blockDevs: [disk, disk], netDevs: [nic] },
    options: {}
  })
  t.strictSame(checked.notes, [
    'dom.blockDevs[1]: left out what the cluster sets itself: uuid, allocation, mountPoints, readOnly',
    'dom.netDevs[0]: left out what the cluster sets itself: uuid, ipv4Addresses'
  ])
})

t.test('ids of graphics cards are taken as they are', async (t) => {
  for (const path of ['/GPU/0000:3b:00.0', '/GPUProfile/GPU-7c4f2e6a'])
    t.equal(
      checkCall(catalog, search, { method: 'GET', path, query: {}, body: undefined }).path,
      path
    )
})

t.test('what a body may be', async (t) => {
  t.match(refusal({ body: undefined }).message, /payload is required: this call has a body/)
  t.match(refusal({ body: null }).message, /payload must be an object; got null/)
  t.match(refusal({ body: 'ada' }).message, /payload must be an object; got string "ada"/)
  t.match(refusal({ body: [] }).message, /payload must be an object; got array/)
  for (const [body, notes] of [
    [{}, []],
    [[], []],
    ['', []],
    [{ a: 1 }, ['payload was left out: this call takes no body']]
  ]) {
    const dropped = checkCall(catalog, search, { method: 'GET', path: '/User', query: {}, body })
    t.equal(dropped.body, undefined)
    t.strictSame(dropped.notes, notes)
  }
  t.match(
    checkCall(catalog, search, {
      method: 'PATCH',
      path: `/VirDomain/${uuid}`,
      query: {},
      body: {}
    }).body,
    {}
  )
  const named = { virDomainUUID: 'web-01', actionType: 'STOP' }
  const action: ApiCall = { method: 'POST', path: '/VirDomain/action', query: {}, body: named }
  t.strictSame(checkCall(catalog, search, action).notes, [
    'payload must be an array: the object was put into one',
    '[0].virDomainUUID does not look like a uuid; got "web-01"'
  ])
})

t.test('JSON inside a text is read only where an object or array belongs', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'object' } } }
  const coerced = (body: unknown) => coerceBody(catalog, schema, body)
  t.strictSame(coerced({ a: '{"x":1}', b: '{"x":1}' }).body, { a: '{"x":1}', b: { x: 1 } })
  t.strictSame(coerced('{"a":"x"}').body, { a: 'x' })
  t.strictSame(coerced('{broken').body, '{broken')
  t.strictSame(coerced('"text"').body, '"text"')
  const hostile = coerced('{"__proto__":{"polluted":true}}').body as object
  t.notOk('polluted' in {})
  t.strictSame(Object.keys(hostile), ['__proto__'], 'a field like others')
  t.strictSame(coerced({ toString: 1 }).notes, ['toString is not a field in the catalog'])
})

t.test('secrets are redacted wherever they stand', async (t) => {
  const body = {
    dom: { name: 'x', cloudInitData: { userData: 'c2VjcmV0', metaData: '' } },
    password: 'open-sesame',
    list: [{ authPassword: 'open-sesame' }],
    target: { pathURI: 'smb://d;u:open@sesame@nas/share' }
  }
  const create = catalog.find('POST', '/VirDomain')?.body?.schema
  t.strictSame(redactBody(catalog, create, body), {
    dom: { name: 'x', cloudInitData: { userData: '***', metaData: '' } },
    password: '***',
    list: [{ authPassword: '***' }],
    target: { pathURI: 'smb://***@nas/share' }
  })
  const exports = catalog.find('POST', '/VirDomain/{virDomainUUID}/export')?.body?.schema
  t.match(redactBody(catalog, exports, body), { target: { pathURI: 'smb://***@nas/share' } })
  const clean = withoutSecrets(catalog, exports, body)
  t.equal(
    clean('cannot open smb://d;u:open@sesame@nas/share with open@sesame or open-sesame'),
    'cannot open *** with *** or ***'
  )
  t.match(
    refusal({ body: { username: 'a', password: { value: 'open-sesame' } } }).message,
    /password must be a string; got object/
  )
  t.notMatch(JSON.stringify(refusal({ body: { password: ['open-sesame'] } })), 'open-sesame')
})
