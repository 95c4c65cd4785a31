import * as fc from 'fast-check'
import t from 'tap'
import { judge } from '../../../../src/catalog/effects/judge.ts'
import { effects, mostSevere } from '../../../../src/lib/effect.ts'
import { httpMethods } from '../../../../src/lib/http/http-method.ts'
import {
  bodyWith,
  catalog,
  fieldsOf,
  nameOf,
  operations,
  ordinaryBody,
  otherUuid,
  pathOf,
  uuid,
  valuesOf
} from './every-field.ts'

const grade = (effect: (typeof effects)[number]): number => effects.indexOf(effect)

const runs = { numRuns: 2000 }

const isReading = (method: string, path: string): boolean =>
  method === 'GET' ||
  method === 'OPTIONS' ||
  (method === 'POST' && /^\/VirDomainBlockDevice\/[^/]+\/snapDiff\/?$/.test(path))

/** A call of any operation, with one field of its body set to something. */
const calls = fc.constantFrom(...operations).chain((operation) => {
  const fields = fieldsOf(operation.body?.schema)
  const ordinary = fc.constant({ operation, body: ordinaryBody(operation) })
  if (fields.length === 0 || operation.body?.contentType !== 'application/json') return ordinary
  const withField = fc
    .constantFrom(...fields)
    .chain((field) =>
      fc
        .constantFrom(...valuesOf(field).fit, ...valuesOf(field).unfit)
        .map((value) => ({ operation, body: bodyWith(operation, field, value) }))
    )
  return fc.oneof(ordinary, withField)
})

type Place = (value: object) => unknown

/** Every object in a body, as a way to put another one in its place. */
function objectsIn(value: unknown, put: Place = (each) => each): [object, Place][] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => objectsIn(item, (each) => put(value.with(i, each))))
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([name, item]) =>
    objectsIn(item, (each) => put({ ...value, [name]: each }))
  )
  return [[value, put], ...inner]
}

/** Every name that a field of the API has. */
const known = new Set(
  operations.flatMap(({ body }) => fieldsOf(body?.schema).flatMap(({ way }) => way))
)

t.test('an unknown field never makes a call milder, wherever it stands', (t) => {
  fc.assert(
    fc.property(
      calls,
      fc.nat(),
      fc.string(),
      fc.jsonValue(),
      ({ operation, body }, at, name, value) => {
        const request = { method: operation.method, path: pathOf(operation) }
        const objects = objectsIn(body)
        const [object, put] = objects[at % objects.length] ?? []
        if (object === undefined || put === undefined || known.has(name)) return
        const before = judge(catalog, { ...request, body })
        // As an own property, whatever the name is.
        const more = Object.fromEntries([...Object.entries(object), [name, value]])
        const after = judge(catalog, { ...request, body: put(more) })
        if (grade(after.effect) < grade(before.effect))
          throw new Error(`${nameOf(operation)}: ${before.effect} became ${after.effect}`)
      }
    ),
    runs
  )
  t.end()
})

const sorted = (list: readonly unknown[]): string =>
  list
    .map((each) => JSON.stringify(each))
    .toSorted()
    .join(' ')

const act = (body: unknown[]) => judge(catalog, { method: 'POST', path: '/VirDomain/action', body })

t.test('a list is as grave as its most severe item, in any order', (t) => {
  const item = fc.oneof(
    fc.record(
      {
        virDomainUUID: fc.constantFrom(uuid, otherUuid, 'web-01', ''),
        actionType: fc.constantFrom('START', 'STOP', 'RESET', 'LIVEMIGRATE', 'CRASH'),
        nodeUUID: fc.constantFrom(uuid, ''),
        cause: fc.constantFrom('INTERNAL', 'x')
      },
      { requiredKeys: [] }
    ),
    fc.jsonValue()
  )
  fc.assert(
    fc.property(
      fc
        .array(item, { minLength: 1, maxLength: 6 })
        .chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })
          )
        ),
      ([list, shuffled]) => {
        const whole = act(list)
        const other = act(shuffled)
        const expected = mostSevere(list.map((each) => act([each]).effect))
        if (whole.effect !== expected) throw new Error(`${whole.effect} is not ${expected}`)
        if (whole.effect !== other.effect || whole.reason !== other.reason)
          throw new Error(`${whole.reason}, in another order ${other.reason}`)
        for (const part of ['items', 'targets', 'references'] as const)
          if (sorted(whole[part]) !== sorted(other[part])) throw new Error(`${part} differ`)
      }
    ),
    { numRuns: 300 }
  )
  t.end()
})

/** Paths that look like those of the API: its own steps, in any order and disguise. */
const steps = fc.oneof(
  fc.constantFrom(
    ...new Set(operations.flatMap(({ path }) => path.split('/').slice(1))),
    uuid,
    '..',
    '.',
    '',
    '%2e%2e',
    '%61ction',
    'registration_guid'
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 })
)
const paths = fc.oneof(
  fc.array(steps, { maxLength: 4 }).map((list) => `/${list.join('/')}`),
  fc.string()
)

t.test('no path is judged to read but with a reading call', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...httpMethods),
      paths,
      fc.option(fc.jsonValue(), { nil: undefined }),
      (method, path, body) => {
        const { effect, items, reason } = judge(catalog, { method, path, body })
        if (effect === 'read' && !isReading(method, path))
          throw new Error(`${method} ${path} reads`)
        if (!effects.includes(effect) || reason === '' || items.length === 0)
          throw new Error('a judgement is whole')
      }
    ),
    { numRuns: 10_000 }
  )
  t.end()
})

t.test('a body without end, or of anything, is judged', (t) => {
  const bodies = fc.anything({ withNullPrototype: true, maxDepth: 6 })
  fc.assert(
    fc.property(calls, bodies, ({ operation }, body) => {
      const { effect } = judge(catalog, {
        method: operation.method,
        path: pathOf(operation),
        body
      })
      if (grade(effect) < grade(operation.effect)) throw new Error(nameOf(operation))
    }),
    runs
  )
  t.end()
})

t.test('judging changes nothing, and says the same each time', (t) => {
  fc.assert(
    fc.property(calls, ({ operation, body }) => {
      const request = { method: operation.method, path: pathOf(operation), body }
      const before = JSON.stringify(request)
      const first = JSON.stringify(judge(catalog, request))
      if (JSON.stringify(judge(catalog, request)) !== first) throw new Error('it differs')
      if (JSON.stringify(request) !== before) throw new Error('it was changed')
    }),
    { numRuns: 500 }
  )
  t.end()
})
