import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CallSample, Meter, NodeSample } from '../lib/process/meter.ts'
import { processMetrics } from './process-metrics.ts'

/** A request to the bridge itself that was responded to. */
export interface HttpSample {
  method: string
  /** As it is registered: `/vm_read`, `/approvals/:id`; `""` where there is none. */
  route: string
  status: number
  seconds: number
}

/** A number that is read each time the metrics are collected. */
export interface GaugeSource {
  /** Without the prefix. */
  name: string
  help: string
  labels: readonly string[]
  /** It only rises while the bridge runs. Default: it is a number of this moment. */
  isCounter?: true
  /** Where it rejects, the metric has no value. */
  read: () => Sampled[] | Promise<Sampled[]>
}

/** A value of a gauge, with what it is of. */
export interface Sampled {
  labels: Record<string, string>
  value: number
}

/** Of what a call waits for: from what memory holds to the longest wait of clients. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** Between the start and the library's load little happens; over stdio it is never loaded. */
const maxEarly = 500
const prefix = 'scale_bridge_'

interface Instruments {
  /** All that is shown. */
  registry: Registry
  calls: Counter
  callSeconds: Histogram
  requests: Counter
  requestSeconds: Histogram
  http: Counter
  httpSeconds: Histogram
}

/**
 * What the bridge counts, in the text format of Prometheus. The library is loaded once the bridge
 * listens; what happens before is counted then.
 *
 * Labels are names of tools, nodes, routes and error codes alone: never of VMs, people or tokens,
 * which are unbounded and not for every viewer of a dashboard.
 */
export class Metrics implements Meter {
  readonly #version: string
  readonly #gauges: readonly GaugeSource[]
  #loading: Promise<Instruments> | undefined
  #instruments: Instruments | undefined
  #early: ((instruments: Instruments) => void)[] = []

  constructor(version: string, gauges: readonly GaugeSource[]) {
    this.#version = version
    this.#gauges = gauges
  }

  called({ tool, outcome, surface, seconds: value }: CallSample): void {
    this.#count(({ calls, callSeconds }) => {
      calls.inc({ tool, outcome, surface })
      callSeconds.observe({ tool }, value)
    })
  }

  requested({ node, kind, result, seconds: value }: NodeSample): void {
    this.#count(({ requests, requestSeconds }) => {
      requests.inc({ node, kind, result })
      requestSeconds.observe({ node, kind }, value)
    })
  }

  responded({ method, route, status, seconds: value }: HttpSample): void {
    this.#count(({ http, httpSeconds }) => {
      http.inc({ method, route, status: String(status) })
      httpSeconds.observe({ method, route }, value)
    })
  }

  /** Loads what counts, once. */
  async load(): Promise<void> {
    await this.#load()
  }

  /** All of it as text, with its content type. */
  async text(): Promise<{ contentType: string; body: string }> {
    const { registry } = await this.#load()
    return { contentType: registry.contentType, body: await registry.metrics() }
  }

  #count(count: (instruments: Instruments) => void): void {
    if (this.#instruments !== undefined) count(this.#instruments)
    else if (this.#early.length < maxEarly) this.#early.push(count)
  }

  #load(): Promise<Instruments> {
    this.#loading ??= this.#open()
    return this.#loading
  }

  async #open(): Promise<Instruments> {
    // Bundled, a CommonJS package has nothing but its default.
    const { default: prom } = await import('prom-client')
    const own = new prom.Registry()
    const registers = [own]
    const counter = (name: string, help: string, labelNames: string[]): Counter =>
      new prom.Counter({ name: `${prefix}${name}`, help, labelNames, registers })
    const histogram = (name: string, help: string, labelNames: string[]): Histogram =>
      new prom.Histogram({
        name: `${prefix}${name}`,
        help,
        labelNames,
        buckets: seconds,
        registers
      })
    const gauge = ({ name, help, labels, isCounter, read }: GaugeSource): Counter | Gauge =>
      new prom[isCounter ? 'Counter' : 'Gauge']({
        name: `${prefix}${name}`,
        help,
        labelNames: [...labels],
        registers,
        async collect() {
          this.reset()
          // What cannot be read has no value; the other metrics are reported all the same.
          const samples = await Promise.resolve(read()).catch(() => [])
          for (const sampled of samples) this.inc(sampled.labels, sampled.value)
        }
      })
    gauge({
      name: 'info',
      help: 'Version of the bridge; always 1',
      labels: ['version'],
      read: () => [{ labels: { version: this.#version }, value: 1 }]
    })
    for (const source of this.#gauges) gauge(source)
    const instruments = {
      calls: counter('tool_calls_total', 'Calls of tools that have ended, by outcome', [
        'tool',
        'outcome',
        'surface'
      ]),
      callSeconds: histogram('tool_call_seconds', 'How long calls of tools took', ['tool']),
      requests: counter(
        'cluster_requests_total',
        'Requests to nodes of the cluster, by status or error code',
        ['node', 'kind', 'result']
      ),
      requestSeconds: histogram(
        'cluster_request_seconds',
        'How long requests to nodes took, their wait for a connection included',
        ['node', 'kind']
      ),
      http: counter('http_requests_total', 'HTTP requests to the bridge', [
        'method',
        'route',
        'status'
      ]),
      httpSeconds: histogram('http_request_seconds', 'How long HTTP requests took', [
        'method',
        'route'
      ]),
      // Last, as it takes what is there already.
      registry: prom.Registry.merge([processMetrics(prom), own])
    }
    for (const count of this.#early) count(instruments)
    this.#early = []
    this.#instruments = instruments
    return instruments
  }
}
