import { inUrl, whole } from './setting-secrets.ts'
import {
  asGiven,
  parseBoolean,
  parseCount,
  parseHttpUrl,
  parseOtelPairs
} from './setting-values.ts'
import type { Setting } from './setting.ts'

const parseHeaders = parseOtelPairs('headers such as authorization=Bearer%20abc')

/** It is judged where traces are sent: src/config/read-otel.ts. */
const inLowerCase = (text: string): string => text.toLowerCase()

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
    meaning: '`http/protobuf` or `http/json`; `grpc` is refused where traces are sent',
    parse: inLowerCase,
    fallback: 'http/protobuf'
  },
  otelTracesProtocol: {
    part: 'otel',
    name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    meaning: 'the same, for traces alone; it takes precedence',
    parse: inLowerCase
  },
  otelTracesExporter: {
    part: 'otel',
    name: 'OTEL_TRACES_EXPORTER',
    meaning: '`none`: nothing is traced',
    parse: inLowerCase,
    fallback: 'otlp'
  },
  otelTracesSampler: {
    part: 'otel',
    name: 'OTEL_TRACES_SAMPLER',
    meaning:
      'which calls are traced: `always_on`, `always_off` or `traceidratio`; with `parentbased_` in front, a call that belongs to a trace goes by it',
    parse: inLowerCase,
    fallback: 'parentbased_always_on'
  },
  otelTracesSamplerArg: {
    part: 'otel',
    name: 'OTEL_TRACES_SAMPLER_ARG',
    meaning: 'the part of the calls that `traceidratio` traces, from 0 to 1',
    parse: asGiven,
    fallback: '1'
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
