import type { ServerResponse } from 'node:http'
import type { Reply } from './handler.ts'

/**
 * How a response is sent: at once, its first half with what comes after it, or this many bytes at
 * intervals of `everyMs`.
 */
export type Manner = 'whole' | { half: () => void } | { bytes: number; everyMs: number }

/** So often a response that comes slowly is continued. */
const sliceMs = 50

/** At this many bytes a second. */
export const atRate = (bytesPerSecond: number): Manner => ({
  bytes: Math.max(1, Math.round((bytesPerSecond * sliceMs) / 1000)),
  everyMs: bytesPerSecond * sliceMs < 1000 ? 1000 / bytesPerSecond : sliceMs
})

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

async function drip(
  response: ServerResponse,
  body: Buffer,
  { bytes, everyMs }: { bytes: number; everyMs: number }
): Promise<void> {
  for (let from = 0; from < body.length; from += bytes) {
    response.write(body.subarray(from, from + bytes))
    await delay(response, everyMs)
    if (response.destroyed) return
  }
  response.end()
}

/**
 * Sends a response. One that comes slowly or by half promises its whole length. `atMs` is what the clock
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
  else if ('half' in manner)
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => manner.half())
  else void drip(response, body, manner)
}
