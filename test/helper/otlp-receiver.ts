import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OtelConfig } from '../../src/config/config.ts'

/** A value of OTLP in JSON. */
interface AnyValue {
  stringValue?: string
  intValue?: number | string
}

interface Attribute {
  key: string
  value: AnyValue
}

/** A span as it came. */
export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  status: { code?: number }
  attributes: Record<string, string | number>
}

interface Received {
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

interface TraceMessage {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: (Omit<ReceivedSpan, 'attributes'> & { attributes: Attribute[] })[] }[]
  }[]
}

const valuesOf = (attributes: readonly Attribute[]): Record<string, string | number> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)])
  )

/** A collector of traces on loopback, which keeps what it is sent and decodes JSON. */
export class OtlpReceiver {
  readonly requests: Received[] = []
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', headers } = request
      this.requests.push({ url, headers, body: Buffer.concat(chunks) })
      response.writeHead(200, { 'content-type': String(headers['content-type']) }).end()
    })
  })

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #messages(): TraceMessage[] {
    return this.requests.map(({ body }) => JSON.parse(body.toString()) as TraceMessage)
  }

  spans(): ReceivedSpan[] {
    return this.#messages()
      .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, attributes: valuesOf(span.attributes) }))
  }

  /** What is said of the sender. */
  resource(): Record<string, string | number> {
    return valuesOf(this.#messages()[0]?.resourceSpans[0]?.resource.attributes ?? [])
  }
}

/** Traces to that address, sent soon. */
export const otelConfig = (endpoint: string, more: Partial<OtelConfig> = {}): OtelConfig => ({
  endpoint,
  tracesEndpoint: undefined,
  headers: { 'x-tenant': 'cluster-a' },
  tracesHeaders: undefined,
  protocol: 'http/json',
  sampler: { byParent: true, ratio: 1 },
  serviceName: 'bridge-under-test',
  resourceAttributes: { 'deployment.environment.name': 'lab', 'service.name': 'another' },
  delayMs: 20,
  ...more
})
