import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider
} from '@opentelemetry/sdk-trace'
import type { OtelConfig } from '../config/config.ts'
import type { Logger } from '../lib/process/logger.ts'
import { packageVersion } from '../lib/files/package-info.ts'
import { withTimeout } from '../lib/time/with-timeout.ts'
import { CallTraces } from './call-traces.ts'

/** How long the last spans may take to be sent when the bridge ends. */
const flushMs = 2_000

/** Traces that leave for a collector. */
export interface Tracing {
  calls: CallTraces
  /** Sends what is left, within a limit of time. */
  close(): Promise<void>
}

/** Where traces go: that of the traces as it is given, the general one with the path of traces. */
const addressOf = ({ endpoint, tracesEndpoint }: OtelConfig): string =>
  tracesEndpoint ?? `${String(endpoint).replace(/\/+$/, '')}/v1/traces`

/** Says once that nothing arrives, and once that it does again; nothing else knows of it. */
function telling(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isAway = false
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS
        if (failed && !isAway)
          logger.warn(
            { err: result.error },
            'Traces do not arrive at the collector and are dropped: check OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS'
          )
        if (!failed && isAway) logger.info({}, 'Traces arrive at the collector again')
        isAway = failed
        done(result)
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown()
  }
}

function samplerOf({ byParent, ratio }: OtelConfig['sampler']): Sampler {
  const root = new TraceIdRatioBasedSampler(ratio)
  return byParent ? new ParentBasedSampler({ root }) : root
}

/** Opens the way to a collector. Nothing of OpenTelemetry is global: what it logs is said here. */
export function openTracing(config: OtelConfig, logger: Logger): Tracing {
  const { protocol, serviceName, resourceAttributes, headers, tracesHeaders, delayMs } = config
  const Exporter = protocol === 'http/json' ? JsonExporter : ProtobufExporter
  const exporter = new Exporter({
    url: addressOf(config),
    headers: { ...headers, ...tracesHeaders }
  })
  const provider = new TracerProvider({
    sampler: samplerOf(config.sampler),
    resource: resourceFromAttributes({
      'service.name': 'scale-bridge',
      'service.version': packageVersion,
      ...resourceAttributes,
      // It goes before one among the attributes (OpenTelemetry's SDK configuration).
      ...(serviceName !== undefined && { 'service.name': serviceName })
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: telling(exporter, logger),
        scheduledDelayMillis: delayMs
      })
    ]
  })
  return {
    calls: new CallTraces(provider.getTracer('scale-bridge', packageVersion)),
    async close() {
      await withTimeout(provider.shutdown(), flushMs, () => undefined).catch(() => undefined)
    }
  }
}
