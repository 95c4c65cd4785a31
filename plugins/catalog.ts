import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { type Catalog, loadCatalog } from '../src/catalog/load.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalog: Catalog
  }
}

/** Shares the catalog of the HyperCore API, which schema search answers from, as `app.catalog`. */
const catalog: FastifyPluginAsync = async (app) => {
  app.decorate('catalog', loadCatalog())
}

export const catalogPlugin = fp(catalog, { name: 'catalog', fastify: '5.x' })
