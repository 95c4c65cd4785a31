import type { FastifyPluginAsync } from 'fastify'
import { askApiRoutes } from './ask-api.ts'
import { cloneRoutes } from './clone.ts'
import { clusterRoutes } from './cluster.ts'
import { conditionRoutes } from './condition.ts'
import { nodeRoutes } from './node.ts'
import { rawApiRoutes } from './raw-api.ts'
import { sessionRoutes } from './session.ts'
import { snapshotRoutes } from './snapshot.ts'
import { storageRoutes } from './storage.ts'
import { taskRoutes } from './task.ts'
import { transferRoutes } from './transfer.ts'
import { userRoutes } from './user.ts'
import { vmLifecycleRoutes } from './vm-lifecycle.ts'
import { vmRoutes } from './vm.ts'
import { vmStateRoutes } from './vm-state.ts'

/** All tools, in the order they are listed to clients. Every one wants the client token. */
export const toolRoutes: FastifyPluginAsync = async (app) => {
  app.requireToken()
  await app.register(vmRoutes)
  await app.register(vmStateRoutes)
  await app.register(vmLifecycleRoutes)
  await app.register(snapshotRoutes)
  await app.register(cloneRoutes)
  await app.register(transferRoutes)
  await app.register(taskRoutes)
  await app.register(clusterRoutes)
  await app.register(nodeRoutes)
  await app.register(conditionRoutes)
  await app.register(userRoutes)
  await app.register(storageRoutes)
  await app.register(rawApiRoutes)
  await app.register(askApiRoutes)
  await app.register(sessionRoutes)
}
