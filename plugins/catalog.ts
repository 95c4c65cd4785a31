import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { type Catalog, loadCatalog } from '../src/catalog/load.ts'
import { CatalogSearch } from '../src/catalog/search.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
    catalogSearch: CatalogSearch
  }
}

/**
 * Shares the catalog of the HyperCore API as `app.catalog`, and the search in it as
 * `app.catalogSearch`.
 */
const catalog: FastifyPluginAsync = async (app) => {
  const known = loadCatalog()
  app.decorate('catalog', known)
  app.decorate('catalogSearch', new CatalogSearch(known))
}

export const catalogPlugin = fp(catalog, { name: 'catalog', fastify: '5.x' })
