import type { Reader } from './reader.ts'
import { words } from './setting-values.ts'
import { type SettingKey, settings, type ValuesOf } from './settings.ts'

const protocols = ['http/protobuf', 'http/json'] as const

/** Which traces are sent; those that belong to one of the caller's go by the caller where `byParent` says so. */
export interface TraceSampler {
  byParent: boolean
  /** Of the others this part, from 0 to 1. */
  ratio: number
}

/** The values of OTEL_TRACES_SAMPLER; undefined: the part that OTEL_TRACES_SAMPLER_ARG says. */
const samplers: Readonly<Record<string, { byParent: boolean; ratio: number | undefined }>> = {
  always_on: { byParent: false, ratio: 1 },
  always_off: { byParent: false, ratio: 0 },
  traceidratio: { byParent: false, ratio: undefined },
  parentbased_always_on: { byParent: true, ratio: 1 },
  parentbased_always_off: { byParent: true, ratio: 0 },
  parentbased_traceidratio: { byParent: true, ratio: undefined }
}

/** Fields of the settings from which others are derived. */
type Judged =
  | 'disabled'
  | 'tracesExporter'
  | 'protocol'
  | 'tracesProtocol'
  | 'tracesSampler'
  | 'tracesSamplerArg'

/** The collector that traces are sent to; one of its addresses is set. */
export type OtelConfig = Omit<ValuesOf<'otel'>, Judged> & {
  protocol: (typeof protocols)[number]
  sampler: TraceSampler
}

/**
 * Where traces go, and which; undefined where nothing is traced. These variables often hold for every program
 * of a machine: what the bridge does not know is wrong only where it is to send traces.
 */
export function readOtel(reader: Reader): OtelConfig | undefined {
  const { disabled, tracesExporter, protocol, tracesProtocol, tracesSampler, ...rest } =
    reader.readPart('otel')
  const { tracesSamplerArg: ratioText, ...otel } = rest
  const isSet = reader.isSet('otelEndpoint') || reader.isSet('otelTracesEndpoint')
  const exporters = words(tracesExporter)
  if (!isSet || disabled || exporters.join() === 'none') return undefined

  const refuse = (key: SettingKey, must: string): void =>
    void reader.problems.push(`${settings[key].name} must be ${must}`)
  if (!exporters.includes('otlp')) refuse('otelTracesExporter', 'otlp, or none to trace nothing')
  const wanted = tracesProtocol ?? protocol
  const known = protocols.find((each) => each === wanted)
  if (known === undefined)
    refuse(
      tracesProtocol === undefined ? 'otelProtocol' : 'otelTracesProtocol',
      `one of ${protocols.join(', ')}: the bridge sends traces by HTTP, to port 4318 of most collectors`
    )
  const sampler = Object.hasOwn(samplers, tracesSampler) ? samplers[tracesSampler] : undefined
  if (sampler === undefined)
    refuse('otelTracesSampler', `one of ${Object.keys(samplers).join(', ')}`)
  const ratio = sampler?.ratio ?? Number(ratioText)
  if (!(ratio >= 0 && ratio <= 1)) refuse('otelTracesSamplerArg', 'a number from 0 to 1')
  return {
    ...otel,
    protocol: known ?? 'http/protobuf',
    sampler: { byParent: sampler?.byParent ?? true, ratio }
  }
}
