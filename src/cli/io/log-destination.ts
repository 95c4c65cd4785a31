import pino, { type DestinationStream } from 'pino'
import type { Terminal } from './terminal.ts'

/** Where pino writes: to the file behind the stream where there is one, which is faster. */
export const logDestination = ({ stream }: Terminal): DestinationStream =>
  stream.fd === undefined ? stream : pino.destination(stream.fd)
