import type { Catalog, Operation } from '../../src/catalog/load.ts'
import type { HttpMethod } from '../../src/lib/http/http-method.ts'

/** The operation of that name, `POST /VirDomain/action`, which the catalog has to have. */
export function operationIn(catalog: Catalog, name: string): Operation {
  const [method, path = ''] = name.split(' ')
  const found = catalog.find(method as HttpMethod, path)
  if (found === undefined) throw new Error(`The catalog has no ${name}`)
  return found
}
