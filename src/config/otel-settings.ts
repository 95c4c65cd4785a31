import { inUrl, whole } from './setting-secrets.ts'
import {
  asGiven,
  oneOf,
  parseBoolean,
  parseCount,
  parseHttpUrl,
  parseOtelPairs
} from './setting-values.ts'
import type { Setting } from './setting.ts'

const parseHeaders = parseOtelPairs('headers such as authorization=Bearer%20abc')

const secretHeaders = (headers: Readonly<Record<string, string>>) =>
  Object.values(headers).flatMap((value) => [
    ...whole(value),
    // The key alone, too, without the word that says what it is.
    ...(/^\w+ \S/.test(value) ? whole(value.replace(/^\w+ /, '')) : [])
  ])

/** Where traces go, by the variables of OpenTelemetry. */
export const otelSettings = {
  otelEndpoint: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning: 'collector of traces',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  /** As it is, where the other gets the path of traces. */
  otelTracesEndpoint: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'its whole address for traces',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  otelHeaders: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    meaning: 'headers it asks for',
    parse: parseHeaders,
    secrets: secretHeaders
  },
  otelTracesHeaders: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    meaning: 'headers it asks for with traces',
    parse: parseHeaders,
    secrets: secretHeaders
  },
  otelProtocol: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    meaning: 'form of what is sent',
    parse: oneOf(['http/protobuf', 'http/json']),
    fallback: 'http/protobuf'
  },
  otelServiceName: {
    part: 'otel',
    name: 'OTEL_SERVICE_NAME',
    meaning: 'name of the bridge in traces',
    parse: asGiven
  },
  otelResourceAttributes: {
    part: 'otel',
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    meaning: 'what else the traces say of the bridge',
    parse: parseOtelPairs('attributes such as deployment.environment.name=lab')
  },
  otelDisabled: {
    part: 'otel',
    name: 'OTEL_SDK_DISABLED',
    meaning: 'nothing is traced',
    parse: parseBoolean,
    fallback: 'false'
  },
  /** In ms. */
  otelDelayMs: {
    part: 'otel',
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    meaning: 'pause between two batches, in ms',
    parse: parseCount,
    fallback: '5000'
  }
} as const satisfies Record<string, Setting>
