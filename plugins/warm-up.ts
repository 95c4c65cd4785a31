import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds work to be done before the bridge listens, which the first call would wait for otherwise. */
    addWarmUp(name: string, work: () => Promise<unknown>): void
    /** Does that work. What fails is logged; the code that needs it tries again and gets the error. */
    warmUp(): Promise<void>
    /** Adds work of some ten milliseconds that few first calls need: it is done soon after the bridge listens. */
    addLateWarmUp(name: string, work: () => Promise<unknown>): void
    /** Resolves when no request is under way, but soon: for work that can wait, a slice at a time. */
    idle(): Promise<void>
  }
}

/** Calls that wait for a task run for minutes: what can wait does not wait that long. */
const maxIdleWaitMs = 200

/** The first question of a supervisor is whether it is up, and ready. */
const lateMs = 500

interface Work {
  name: string
  work: () => Promise<unknown>
}

/** Loads what is lazy while no caller waits, so that the first call is as fast as the tenth. */
const warmUp: FastifyPluginAsync = async (app) => {
  const works: Work[] = []
  const lateWorks: Work[] = []
  const run = async ({ name, work }: Work): Promise<void> => {
    try {
      await work()
    } catch (err) {
      app.log.error({ err }, `${name} failed to load`)
    }
  }
  app.decorate('addWarmUp', (name: string, work: () => Promise<unknown>) => {
    works.push({ name, work })
  })
  app.decorate('addLateWarmUp', (name: string, work: () => Promise<unknown>) => {
    lateWorks.push({ name, work })
  })
  app.decorate('warmUp', async () => void (await Promise.all(works.map((each) => run(each)))))

  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  async function runLate(): Promise<void> {
    await sleep(lateMs, undefined, { ref: false, signal: closing.signal })
    for (const each of lateWorks) {
      await app.idle()
      if (closing.signal.aborted) return
      // One that continues in slices lets the next begin.
      void run(each)
    }
  }
  // Only the wait is ended, by the close.
  app.addHook('onListen', async () => void runLate().catch(() => undefined))

  let underWay = 0
  let onIdle: (() => void) | undefined
  app.addHook('onRequest', (_request, reply, done) => {
    underWay += 1
    reply.raw.once('close', () => {
      underWay -= 1
      if (underWay === 0) onIdle?.()
    })
    done()
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
