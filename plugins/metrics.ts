import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { packageVersion } from '../src/lib/files/package-info.ts'
import { type GaugeSource, Metrics } from '../src/metrics/metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What is counted for `GET /metrics`. */
    metrics: Metrics
    /** Adds a number to it that is looked up whenever the metrics are read. */
    addGauge(source: GaugeSource): void
  }
}

/** Counts calls, requests and responses as `app.metrics`; others add what they know. */
const metrics: FastifyPluginAsync = async (app) => {
  const gauges: GaugeSource[] = []
  const counted = new Metrics(packageVersion, gauges)
  app.decorate('metrics', counted)
  app.decorate('addGauge', (source: GaugeSource) => void gauges.push(source))
  app.addHook('onResponse', (request, reply, done) => {
    counted.responded({
      method: request.method,
      route: request.routeOptions.url ?? '',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000
    })
    done()
  })
  // Not before: the library is not cheap to load.
  app.addHook('onListen', async () => {
    counted.load().catch((err: unknown) => app.log.warn({ err }, 'Nothing is counted for /metrics'))
  })
}

export const metricsPlugin = fp(metrics, { name: 'metrics', fastify: '5.x' })
