import type { ReadResourceResult, ServerContext } from '@modelcontextprotocol/server'
import type { Catalog } from '../../catalog/load.ts'
import { nearest, didYouMean } from '../../lib/text/nearest.ts'
import type { Completers } from '../completion.ts'
import { allowanceOf } from '../../policy/allowance.ts'
import { invalidParams, resourceNotFound } from '../failure.ts'
import type { McpResource, McpResourceTemplate, RequestParts } from '../registry.ts'
import { fixedResource, markdown, resourceResult } from './define-resource.ts'
import { entityNamed, operationAddresses, schemaRoot, schemaUri } from './schema-address.ts'
import { entityText, indexText, operationText, type RestrictionOf } from './schema-text.ts'
import { asWord, quote } from '../../lib/text/quote.ts'

/** The entities of the API. */
export const schemaIndexResource = (catalog: Catalog): McpResource =>
  fixedResource(
    {
      uri: schemaRoot,
      name: 'schema',
      title: 'Entities of the HyperCore API',
      description:
        'All entities of the HyperCore API with the number of their operations. What query_api ' +
        'searches, to be read by name.',
      annotations: { audience: ['assistant'], priority: 0.4 }
    },
    indexText(catalog)
  )

function decoded(uri: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidParams(
      `The address ${asWord(uri)} is not encoded as an address: write a % as %25, or leave it out`
    )
  }
}

/** The decoded parts behind `hypercore://schema/`; undefined for any other address. */
function partsOf(uri: string): string[] | undefined {
  if (!uri.startsWith(`${schemaRoot}/`)) return undefined
  return uri
    .slice(schemaRoot.length + 1)
    .replace(/\/$/, '')
    .split('/')
    .map((part) => decoded(uri, part))
}

function entityAt(catalog: Catalog, uri: string, name: string): string {
  const entity = entityNamed(catalog, name)
  if (entity !== undefined) return entity
  if (name.trim() === '')
    throw resourceNotFound(
      uri,
      `The address names no entity: write one behind ${schemaRoot}/, ${schemaRoot} lists them`
    )
  throw resourceNotFound(
    uri,
    `The HyperCore API has no entity ${quote(name)}${didYouMean(nearest(name, catalog.entities)) || `: ${schemaRoot} lists them`}`
  )
}

function readOperation(
  catalog: Catalog,
  uri: string,
  parts: string[],
  restrictionOf: RestrictionOf
): ReadResourceResult {
  const [entityPart = '', operationPart = ''] = parts
  const entity = entityAt(catalog, uri, entityPart)
  const addresses = operationAddresses(catalog, entity)
  const wanted = operationPart.trim().toLowerCase()
  const address = [...addresses.keys()].find((one) => one.toLowerCase() === wanted)
  const operation = address === undefined ? undefined : addresses.get(address)
  if (operation === undefined)
    throw resourceNotFound(
      uri,
      `${entity} has no operation ${quote(operationPart)}${didYouMean(nearest(operationPart, [...addresses.keys()])) || '.'} It has ${[...addresses.keys()].join(', ')}`
    )
  return resourceResult(uri, operationText(catalog, operation, restrictionOf), 'private')
}

/**
 * The catalog by entity, `hypercore://schema/{entity}`, and by operation,
 * `hypercore://schema/{entity}/{operation}`, where the operation is named as `operationAddresses`
 * says: `hypercore://schema/VirDomain/post-action`. Both parts in any case, percent-encoded or not.
 */
export function schemaTemplates(
  catalog: Catalog,
  { entity, operation }: Completers,
  { contextOf }: Pick<RequestParts, 'contextOf'>
): McpResourceTemplate[] {
  const restrictionsFor = (request: ServerContext): RestrictionOf => {
    const context = contextOf(request)
    const rules = { ...context, principal: context.authority.principal }
    return (one) => allowanceOf(one, rules).restriction
  }
  const annotations = { audience: ['assistant' as const], priority: 0.4 }
  return [
    {
      definition: {
        uriTemplate: `${schemaUri()}/{entity}`,
        name: 'schema-entity',
        title: 'An entity of the HyperCore API',
        description:
          'One entity, such as VirDomain (a VM): its operations, and its fields with types, allowed ' +
          'words and units.',
        mimeType: markdown,
        annotations
      },
      complete: new Map([['entity', entity]]),
      async read(uri, request) {
        const parts = partsOf(uri)
        if (parts?.length !== 1) return undefined
        return resourceResult(
          uri,
          entityText(catalog, entityAt(catalog, uri, parts[0] ?? ''), restrictionsFor(request)),
          'private'
        )
      }
    },
    {
      definition: {
        uriTemplate: `${schemaUri()}/{entity}/{operation}`,
        name: 'schema-operation',
        title: 'An operation of the HyperCore API',
        description:
          'One operation: body with all fields, example, response, errors. operation is the method and ' +
          'the rest of the path, as the resource of the entity lists it: VirDomain/get, ' +
          'VirDomain/post-action, VirDomain/patch-virDomainUUID.',
        mimeType: markdown,
        annotations
      },
      complete: new Map([
        ['entity', entity],
        ['operation', operation]
      ]),
      async read(uri, request) {
        const parts = partsOf(uri)
        return parts?.length === 2
          ? readOperation(catalog, uri, parts, restrictionsFor(request))
          : undefined
      }
    }
  ]
}
