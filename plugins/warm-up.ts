import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds work to be done before the bridge listens, which the first call would wait for otherwise. */
    addWarmUp(name: string, work: () => Promise<unknown>): void
    /** Does that work. What fails is logged; whoever needs it tries again and gets the error. */
    warmUp(): Promise<void>
  }
}

/** Loads what is lazy while nobody waits, so that the first call is as fast as the tenth. */
const warmUp: FastifyPluginAsync = async (app) => {
  const works: { name: string; work: () => Promise<unknown> }[] = []
  app.decorate('addWarmUp', (name: string, work: () => Promise<unknown>) => {
    works.push({ name, work })
  })
  app.decorate('warmUp', async () => {
    const results = await Promise.allSettled(works.map(({ work }) => work()))
    for (const [i, result] of results.entries())
      if (result.status === 'rejected')
        app.log.error({ err: result.reason as unknown }, `${works[i]?.name} failed to load`)
  })
}

export const warmUpPlugin = fp(warmUp, { name: 'warm-up', fastify: '5.x' })
