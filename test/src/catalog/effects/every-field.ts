import type { Operation, Schema } from '../../../../src/catalog/load.ts'
import { loadCatalog } from '../../../../src/catalog/load.ts'
import { judge } from '../../../../src/catalog/effects/judge.ts'

export const catalog = loadCatalog()

export const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'
export const otherUuid = '0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9'

/** Only these can reach the cluster through the bridge. */
export const operations = catalog.operations.filter(({ base }) => base === '/rest/v1')

export const nameOf = ({ method, base, path }: Operation): string =>
  `${method} ${base === '/rest/v1' ? '' : base}${path}`

/** A path that fits the template. */
export const pathOf = ({ path }: Operation): string => path.replaceAll(/\{\w+\}/g, uuid)

/** A field of a body, with the way to it. */
export interface Field {
  way: string[]
  place: string
  schema: Schema
}

/** Deeper fields only repeat those of a record that stands higher up. */
const maxWay = 5

/** Every field of a body, whether it may be set or not; `[]` is the way into a list. */
export function fieldsOf(schema: Schema | undefined, way: string[] = []): Field[] {
  if (schema === undefined) return []
  const target = { ...catalog.resolve(schema), ...schema }
  const own: Field[] =
    way.length === 0 || way.at(-1) === '[]'
      ? []
      : [{ way, place: way.join('.').replaceAll('.[]', '[]'), schema: target }]
  const isClosed = target.readOnly === true || target['x-internal'] === true
  if (way.length > maxWay || isClosed) return own
  const inner = Object.entries(target.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(field, [...way, name])
  )
  return [...own, ...inner, ...(target.items ? fieldsOf(target.items, [...way, '[]']) : [])]
}

const isUuidPlace = (place: string): boolean => /uuids?(?:\[\])?$/i.test(place)

/** Values that a field may hold, and some that it may not. */
export function valuesOf({ schema, place }: Field): { fit: unknown[]; unfit: unknown[] } {
  if (schema.enum !== undefined) return { fit: schema.enum, unfit: ['NO_SUCH_VALUE', 7, null] }
  switch (schema.type) {
    case 'boolean':
      return { fit: [true, false], unfit: ['true', 0, null] }
    case 'integer':
    case 'number':
      return { fit: [0, 17], unfit: ['17', null, []] }
    case 'array': {
      const item = sampleOf(schema.items ?? {}, `${place}[]`)
      return { fit: [[], [item]], unfit: ['text', null, { 0: item }] }
    }
    case 'object':
      return { fit: [{}], unfit: [{ 'no such field': 1 }, [], null] }
    default:
      if (place.endsWith('cause')) return { fit: ['INTERNAL', 'text', ''], unfit: [7] }
      if (place.endsWith('path')) return { fit: [`scribe/${otherUuid}`, ''], unfit: ['text', 7] }
      return { fit: [isUuidPlace(place) ? otherUuid : 'text', ''], unfit: [7, null, {}, ['text']] }
  }
}

/** A value that is nothing out of the ordinary. */
export function sampleOf(given: Schema, place: string): unknown {
  const schema = { ...catalog.resolve(given), ...given }
  if (schema.enum !== undefined) return schema.enum.find((value) => value !== '')
  switch (schema.type) {
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return 17
    case 'array':
      return []
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [
          name,
          sampleOf(schema.properties?.[name] ?? {}, `${place}.${name}`)
        ])
      )
    default:
      return isUuidPlace(place) ? uuid : 'text'
  }
}

/** `body` with `value` put where the way leads; what stands there is kept. */
function withValue(body: unknown, [step, ...rest]: string[], value: unknown): unknown {
  if (step === undefined) return value
  if (step === '[]') {
    const [first] = Array.isArray(body) ? (body as unknown[]) : []
    return [withValue(first ?? {}, rest, value)]
  }
  const object = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
  const inner = (object as Record<string, unknown>)[step]
  return { ...object, [step]: withValue(inner, rest, value) }
}

const rules = [{ name: 'nightly', dtstart: '2026-01-01 00:00:00', rrule: 'FREQ=DAILY' }]

/** What must be there for a call to be an ordinary one. */
const needed: Readonly<Record<string, unknown>> = {
  'POST /VirDomain/action': [{ virDomainUUID: uuid, actionType: 'START' }],
  'POST /VirDomainReplication/{uuid}': {},
  'POST /VirDomainBlockDevice': { virDomainUUID: uuid, type: 'VIRTIO_DISK', capacity: 1 },
  'POST /VirDomainNetDevice': { virDomainUUID: uuid },
  'POST /VirDomainNetDevice/{uuid}': {},
  'POST /VirDomainReplication': { sourceDomainUUID: uuid },
  'POST /VirDomainSnapshot': { domainUUID: uuid },
  'POST /VirDomainSnapshotSchedule/{uuid}': { rrules: rules },
  'PATCH /VirDomainSnapshotSchedule/{uuid}': { rrules: rules }
}

/** A body that does what an ordinary call of the operation does. */
export function ordinaryBody(operation: Operation): unknown {
  const { body } = operation
  if (body === undefined || body.contentType !== 'application/json') return undefined
  return needed[nameOf(operation)] ?? sampleOf(body.schema, '')
}

export const bodyWith = (operation: Operation, { way }: Field, value: unknown): unknown =>
  withValue(ordinaryBody(operation), way, value)

/** What a body does to a cluster, in a word. */
export const effectOf = (operation: Operation, body: unknown): string =>
  judge(catalog, { method: operation.method, path: pathOf(operation), body }).effect
