import type { Catalog, Operation } from '../../catalog/load.ts'

/** Where the resources of the catalog are. */
export const schemaRoot = 'hypercore://schema'

/** The entity of that name, in any case; undefined where there is none. */
export const entityNamed = (catalog: Catalog, name: string): string | undefined => {
  const wanted = name.trim().toLowerCase()
  return catalog.entities.find((entity) => entity.toLowerCase() === wanted)
}

/** The parts of a path below its entity, parameters without their braces. */
function partsBelow({ base, path, entity }: Operation): string[] {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => part.replaceAll(/[{}]/g, ''))
  const below = parts[0] === entity ? parts.slice(1) : parts
  return base === '/rest/v2' ? ['v2', ...below] : below
}

/**
 * The operations of an entity by the last part of their address: the method in lower case and the
 * parts of the path below the entity, joined by `-`. `GET /VirDomain` is `get`,
 * `PATCH /VirDomain/{virDomainUUID}` is `patch-virDomainUUID`, `POST /VirDomain/action` is
 * `post-action`, and calls of API v2 have `v2` after the method. Each is unique in its entity; a
 * cluster's own document that brings two alike gets a number behind the second.
 */
export function operationAddresses(catalog: Catalog, entity: string): Map<string, Operation> {
  const addresses = new Map<string, Operation>()
  for (const operation of catalog.operations) {
    if (operation.entity !== entity) continue
    const plain = [operation.method.toLowerCase(), ...partsBelow(operation)].join('-')
    let address = plain
    for (let n = 2; addresses.has(address); n += 1) address = `${plain}-${n}`
    addresses.set(address, operation)
  }
  return addresses
}

/** The address of a resource: of all entities, of one, or of one operation. */
export const schemaUri = (...parts: string[]): string =>
  [schemaRoot, ...parts.map((part) => encodeURIComponent(part))].join('/')
