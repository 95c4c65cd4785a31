import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds work to be done before the bridge listens, which the first call would wait for otherwise. */
    addWarmUp(name: string, work: () => Promise<unknown>): void
    /** Does that work. What fails is logged; whoever needs it tries again and gets the error. */
    warmUp(): Promise<void>
    /** Resolves when no request is under way, but soon: for work that can wait, a slice at a time. */
    idle(): Promise<void>
  }
}

/** Calls that wait for a task run for minutes: what can wait does not wait that long. */
const maxIdleWaitMs = 200

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

  let underWay = 0
  let onIdle: (() => void) | undefined
  app.addHook('onRequest', async (_request, reply) => {
    underWay += 1
    reply.raw.once('close', () => {
      underWay -= 1
      if (underWay === 0) onIdle?.()
    })
  })
  app.decorate('idle', async () => {
    if (underWay > 0)
      await Promise.race([
        new Promise<void>((resolve) => (onIdle = resolve)),
        sleep(maxIdleWaitMs, undefined, { ref: false })
      ])
    await setImmediate()
  })
}

export const warmUpPlugin = fp(warmUp, { name: 'warm-up', fastify: '5.x' })
