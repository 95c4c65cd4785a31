import pino, { type DestinationStream, type Logger } from 'pino'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import type { LogLevel } from './config.ts'
import { hideInLine } from './hide-in-line.ts'

/** The bridge's logger: one JSON line an event, each of which leaves through `outgoing`. */
export function createLogger(
  level: LogLevel,
  outgoing: Outgoing,
  destination?: DestinationStream
): Logger {
  return pino(
    {
      level,
      // pino would look into every object for the names, which takes five times as long as the line itself.
      hooks: { streamWrite: (line) => outgoing.json(hideInLine(line)) }
    },
    destination ?? pino.destination(1)
  )
}
