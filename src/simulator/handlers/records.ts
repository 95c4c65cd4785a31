import type { Call, Handler, Handlers } from '../handler.ts'

/**
 * The two reads of an entity: `GET /X` answers all records, `GET /X/{id}` an array of one, or `[]`
 * for an id the cluster does not know (FACTS 3.1, S). `parameter` is the id's name in the path and
 * `idOf` finds it in a record.
 */
export function readHandlers<T>(
  path: string,
  records: (call: Call) => Iterable<T>,
  parameter = 'uuid',
  idOf: (record: T) => unknown = (record) => (record as { uuid?: unknown }).uuid
): Handlers {
  const all: Handler = (call) => [...records(call)]
  const one: Handler = (call) =>
    [...records(call)].filter((record) => idOf(record) === call.params[parameter])
  return { [`GET ${path}`]: all, [`GET ${path}/{${parameter}}`]: one }
}
