import type { ServerResponse } from 'node:http'
import type { Reply } from './handler.ts'

/** How a response goes out: at once, cut off halfway, or a byte every so many milliseconds. */
export type Manner = 'whole' | 'truncated' | { dripMs: number }

/** Waits, but no longer than the connection lasts. */
export function delay(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      response.off('close', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    response.once('close', end)
  })
}

async function drip(response: ServerResponse, body: Buffer, ms: number): Promise<void> {
  for (const [i] of body.entries()) {
    response.write(body.subarray(i, i + 1))
    await delay(response, ms)
    if (response.destroyed) return
  }
  response.end()
}

/**
 * Sends a response. One that is truncated or drips promises its whole length. `atMs` is what the clock
 * of the cluster says.
 */
export function send(
  response: ServerResponse,
  reply: Reply,
  atMs: number,
  manner: Manner = 'whole'
): void {
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    ...(reply.contentType === '' ? {} : { 'Content-Type': `${reply.contentType}; charset=utf-8` }),
    'Content-Length': body.length,
    Date: new Date(atMs).toUTCString(),
    ...reply.headers
  })
  if (manner === 'whole') response.end(body)
  else if (manner === 'truncated')
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
  else void drip(response, body, manner.dripMs)
}
