import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { describeSource, openCatalog } from '../src/catalog/import/import.ts'
import type { Catalog } from '../src/catalog/load.ts'
import { hasSavedIndexes } from '../src/catalog/search/saved-indexes.ts'
import { type CatalogSearch, searchIn } from '../src/catalog/search/search.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
    catalogSearch: CatalogSearch
  }
}

export interface CatalogPluginOptions {
  /** Where a document imported for this cluster is kept; undefined: the bundled catalog is used. */
  catalogFile: string | undefined
  /** Origins of the cluster's nodes. */
  nodes: readonly string[]
}

/**
 * Shares the catalog of the HyperCore API, the imported one or the bundled, as `app.catalog`, and the
 * search in it as `app.catalogSearch`.
 */
const catalog: FastifyPluginAsync<CatalogPluginOptions> = async (app, { catalogFile, nodes }) => {
  const { catalog: opened, source } = await openCatalog(catalogFile, nodes)
  if (source.kind === 'bundled' && source.problem !== undefined)
    app.log.warn(
      { file: catalogFile },
      `The imported catalog is not used, but the bundled one. ${source.problem} \`scale-bridge schema import --live\` imports it again`
    )
  else app.log.info({ operations: opened.operations.length }, `Catalog: ${describeSource(source)}`)
  app.decorate('catalog', opened)
  const search = searchIn(opened)
  app.decorate('catalogSearch', search)
  if (hasSavedIndexes(opened)) app.addWarmUp('The search', async () => search.prepare())
  // Built between requests, so that neither the start nor a question pays for it.
  else app.addLateWarmUp('The search', () => search.prepareInBackground(() => app.idle()))
}

export const catalogPlugin = fp(catalog, {
  name: 'catalog',
  fastify: '5.x',
  dependencies: ['warm-up']
})
