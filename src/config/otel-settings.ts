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
    meaning:
      'the collector that [traces](monitoring.md#traces) are sent to, with `/v1/traces` behind it: `http://127.0.0.1:4318`; without it nothing is traced',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  /** As it is, where the other gets the path of traces. */
  otelTracesEndpoint: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'the same as its whole address, which is used as it is',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  otelHeaders: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    meaning:
      'headers it requires, as `name=value`, comma-separated, the values encoded as in URLs: `authorization=Bearer%20abc`',
    parse: parseHeaders,
    secrets: secretHeaders
  },
  otelTracesHeaders: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    meaning: 'the same, for traces alone; they take precedence',
    parse: parseHeaders,
    secrets: secretHeaders
  },
  otelProtocol: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    meaning: '`http/protobuf` or `http/json`',
    parse: oneOf(['http/protobuf', 'http/json']),
    fallback: 'http/protobuf'
  },
  otelServiceName: {
    part: 'otel',
    name: 'OTEL_SERVICE_NAME',
    meaning:
      'what the bridge is called in the traces: `scale-bridge`, or `service.name` of the attributes',
    parse: asGiven
  },
  otelResourceAttributes: {
    part: 'otel',
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    meaning:
      'further attributes of the bridge in the traces, in the form of the headers: `deployment.environment.name=lab,service.instance.id=bridge-2`',
    parse: parseOtelPairs('attributes such as deployment.environment.name=lab')
  },
  otelDisabled: {
    part: 'otel',
    name: 'OTEL_SDK_DISABLED',
    meaning: '`true`: nothing is traced',
    parse: parseBoolean,
    fallback: 'false'
  },
  /** In ms. */
  otelDelayMs: {
    part: 'otel',
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    meaning: 'ms between two batches of traces',
    parse: parseCount,
    fallback: '5000'
  }
} as const satisfies Record<string, Setting>
