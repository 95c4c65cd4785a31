import { Catalog, loadCatalog } from '../catalog/load.ts'
import { httpMethods } from '../lib/http-method.ts'

/** Served beside the API on the same host (FACTS 17 and 18). */
const outside = /^\/(update|support-api)\//

/** Numbers of a version such as `9.4.30.217736`, for comparing. */
const numbers = (version: string): number[] => version.split('.').map(Number)

/** Whether `version` is `since` or later. */
export function isAtLeast(version: string, since: string): boolean {
  const have = numbers(version)
  for (const [i, wanted] of numbers(since).entries()) {
    const part = have[i] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}

/**
 * The catalog of exactly those operations that a cluster of this version offers: the 150 of the 9.4
 * document, and what came since (FACTS 19). Nothing of /rest/v2, which is 404 before 9.7.1.
 */
export function playedCatalog(version: string, clusterSpec: boolean): Catalog {
  const document = structuredClone(loadCatalog().document)
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
      if (!offered || path.startsWith('/rest/v2')) delete item[key]
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
