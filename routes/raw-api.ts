import type { FastifyPluginAsync } from 'fastify'
import { queryApi } from './query-api.ts'
import { runApi } from './run-api.ts'

export const rawApiRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(runApi)
  app.addTool(queryApi)
}
