import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { OtelConfig } from '../src/config/config.ts'
import type { Meter } from '../src/lib/process/meter.ts'
import type { Tracing } from '../src/traces/tracing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Notified of each call and each request to a node: counts it and, where that is set, traces it. */
    meter: Meter
  }
}

export interface TracesPluginOptions {
  /** Undefined where nothing is traced. */
  otel: OtelConfig | undefined
}

/** Sends traces to a collector; nothing of OpenTelemetry is loaded where none is set. */
const traces: FastifyPluginAsync<TracesPluginOptions> = async (app, { otel }) => {
  const { metrics } = app
  if (otel === undefined) {
    app.decorate('meter', metrics)
    return
  }
  let tracing: Tracing | undefined
  try {
    const { openTracing } = await import('../src/traces/tracing.ts')
    tracing = openTracing(otel, app.log)
  } catch (err) {
    app.log.warn({ err }, 'Nothing is traced')
  }
  const calls = tracing?.calls
  app.decorate('meter', {
    called(sample) {
      metrics.called(sample)
      calls?.called(sample)
    },
    requested(sample) {
      metrics.requested(sample)
      calls?.requested(sample)
    },
    within: (call, run) => (calls === undefined ? run() : calls.within(call, run))
  } satisfies Meter as Meter)
  // After all calls have ended: what is registered first is closed last.
  app.addHook('onClose', () => tracing?.close())
}

export const tracesPlugin = fp(traces, {
  name: 'traces',
  fastify: '5.x',
  dependencies: ['metrics']
})
