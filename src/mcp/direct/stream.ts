import { PassThrough, type Readable } from 'node:stream'

/** How long a stream may be silent: what stands between ends connections that seem idle. */
const keepAliveMs = 15_000

/** Headers of a stream of events, as the SDK sends them. */
export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
  'x-accel-buffering': 'no'
} as const

const eventOf = (json: string): string => `event: message\ndata: ${json}\n\n`

/** A stream that says from time to time that it is still there, until there is a response. */
function keptAlive(response: Promise<string | undefined>, pauseMs: number): Readable {
  const stream = new PassThrough()
  const beat = (): void => void stream.write(': keepalive\n\n')
  beat()
  const timer = setInterval(beat, pauseMs)
  stream.once('close', () => clearInterval(timer))
  response
    .then((json) => void stream.end(json === undefined ? '' : eventOf(json)))
    .catch((error: unknown) => stream.destroy(error as Error))
    .finally(() => clearInterval(timer))
  return stream
}

/**
 * A response as events: whole if it comes before the client could miss it, else as a stream that is kept
 * alive. Undefined where the bridge ends before there is any.
 */
export async function eventsOf(
  response: Promise<string | undefined>,
  pauseMs = keepAliveMs
): Promise<string | Readable | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, pauseMs, 'late')
  })
  try {
    const first = await Promise.race([response.then((json) => ({ json })), late])
    if (first === 'late') return keptAlive(response, pauseMs)
    return first.json === undefined ? undefined : eventOf(first.json)
  } finally {
    clearTimeout(timer)
  }
}
