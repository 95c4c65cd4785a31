import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { TestBridge } from './bridge.ts'

interface Sent {
  method: string
  path: string
  /** Parsed JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape it asked for
  body: any
}

/** What the bridge sends to the cluster to change something, as it is sent, from now on. */
export function sentWrites(
  t: { teardown(handler: () => unknown): void },
  { simulator }: TestBridge
): Sent[] {
  const sent: Sent[] = []
  const listen = (message: unknown): void => {
    const { request } = message as {
      request: { origin: string | URL; method: string; path: string; body: unknown }
    }
    const ours = simulator.urls.some(
      (url) => new URL(url).origin === new URL(request.origin).origin
    )
    if (!ours || request.method === 'GET' || request.path.endsWith('/login')) return
    const { body } = request
    sent.push({
      method: request.method,
      path: request.path.replace('/rest/v1', ''),
      body:
        typeof body === 'string' || body instanceof Uint8Array
          ? JSON.parse(Buffer.from(body as string).toString())
          : undefined
    })
  }
  subscribe('undici:request:create', listen)
  t.teardown(() => unsubscribe('undici:request:create', listen))
  return sent
}
