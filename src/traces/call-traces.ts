import { AsyncLocalStorage } from 'node:async_hooks'
import {
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { CallSample, CallStart, Meter, NodeSample } from '../lib/process/meter.ts'
import { pathTemplate } from './path-template.ts'

/**
 * A span for each call of a tool, and one below it for each request to a node that it made. Attributes are
 * names of tools, nodes and paths, error codes and ids of requests alone: never arguments, bodies,
 * people or tokens.
 */
export class CallTraces implements Meter {
  readonly #tracer: Tracer
  readonly #propagator = new W3CTraceContextPropagator()
  readonly #current = new AsyncLocalStorage<Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  within<T>({ tool, surface, request, traceparent }: CallStart, run: () => Promise<T>): Promise<T> {
    const carrier = traceparent === undefined ? {} : { traceparent }
    const parent = this.#propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter)
    const attributes = {
      'scale_bridge.tool': tool,
      'scale_bridge.surface': surface,
      'scale_bridge.request': request
    }
    const span = this.#tracer.startSpan(tool, { kind: SpanKind.SERVER, attributes }, parent)
    return this.#current.run(span, run)
  }

  called({ outcome }: CallSample): void {
    const span = this.#current.getStore()
    if (span === undefined) return
    span.setAttribute('scale_bridge.outcome', outcome)
    if (outcome !== 'ok' && outcome !== 'gone') {
      span.setAttribute('error.type', outcome)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end()
  }

  /** What no call asked for, such as a ping, has no span. */
  requested({ node, kind, method, target, result, seconds }: NodeSample): void {
    const call = this.#current.getStore()
    if (call === undefined) return
    const template = pathTemplate(target)
    const status = /^\d+$/.test(result) ? Number(result) : undefined
    const endTime = new Date()
    const span = this.#tracer.startSpan(
      `${method} ${template}`,
      {
        kind: SpanKind.CLIENT,
        startTime: endTime.getTime() - seconds * 1000,
        attributes: {
          'http.request.method': method,
          'url.template': template,
          'server.address': node,
          'scale_bridge.kind': kind,
          ...(status !== undefined && { 'http.response.status_code': status })
        }
      },
      trace.setSpan(ROOT_CONTEXT, call)
    )
    if (status === undefined || status >= 400) {
      span.setAttribute('error.type', result)
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    span.end(endTime)
  }
}
