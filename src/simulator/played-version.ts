import { addLaterFields } from './later-fields.ts'
import { Catalog, loadCatalog } from '../catalog/load.ts'
import { isAtLeast } from './version-order.ts'
import { httpMethods } from '../lib/http/http-method.ts'
import type { SimulatorOptions } from './options.ts'
import { BodyValidator } from './validation.ts'

/** Served beside the API on the same host (FACTS 17 and 18). */
const outside = /^\/(update|support-api)\//

/**
 * The catalog of exactly those operations that a cluster of this version offers: the 150 of the 9.4
 * document, and what came since (FACTS 19), /rest/v2 from 9.7.1 on.
 */
export function playedCatalog(version: string, clusterSpec: boolean): Catalog {
  const document = structuredClone(loadCatalog().document)
  addLaterFields(document, version)
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [key, raw] of Object.entries(item)) {
      if (!(httpMethods as readonly string[]).includes(key.toUpperCase())) continue
      const operation = raw as { 'x-in-9.4'?: boolean; 'x-since'?: string }
      const since = operation['x-since']
      const offered =
        path === '/ClusterSpec'
          ? clusterSpec
          : outside.test(path) ||
            operation['x-in-9.4'] === true ||
            (since !== undefined && isAtLeast(version, since))
      if (!offered) delete item[key]
    }
    if (
      !Object.keys(item).some((key) =>
        (httpMethods as readonly string[]).includes(key.toUpperCase())
      )
    )
      delete document.paths[path]
  }
  return new Catalog(document)
}

/** What clusters of one version have in common; none of them changes it. */
interface Played {
  catalog: Catalog
  validator: BodyValidator
}

const played = new Map<string, Played>()

/** Built once for each version and kind, which costs more than all the rest of a cluster. */
export function playedAs(options: SimulatorOptions): Played {
  const { version, clusterSpec, nestedReadOnly } = options
  const key = JSON.stringify([version, clusterSpec, nestedReadOnly])
  const known = played.get(key)
  if (known !== undefined) return known
  const catalog = playedCatalog(version, clusterSpec)
  const built = { catalog, validator: new BodyValidator(catalog, nestedReadOnly) }
  played.set(key, built)
  return built
}
