import pino, { type DestinationStream } from 'pino'
import type { Terminal } from './terminal.ts'

/**
 * Where pino writes: on a terminal readable lines, elsewhere JSON, to the file behind the stream where
 * there is one, which is faster.
 */
export async function logDestination(terminal: Terminal): Promise<DestinationStream> {
  const { stream } = terminal
  if (stream.isTTY === true) {
    // Loaded for people only.
    const { prettyLog } = await import('./pretty-log.ts')
    return prettyLog(terminal)
  }
  return stream.fd === undefined ? stream : pino.destination(stream.fd)
}
