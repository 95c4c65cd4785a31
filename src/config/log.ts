import pino, { type DestinationStream, type Logger } from 'pino'
import type { Outgoing } from '../lib/outgoing.ts'
import type { LogLevel } from './config.ts'

/** Where secrets could stand in what is logged, on the levels objects are logged at. */
const secretPaths = ['authorization', 'cookie', '["set-cookie"]', 'password', 'sessionID', 'token']
const redact = secretPaths
  .flatMap((path) => {
    const suffix = path.startsWith('[') ? path : `.${path}`
    return [path, `*${suffix}`, `*.*${suffix}`]
  })
  // On a line of its own it is the name of a token.
  .filter((path) => path !== 'token')

/** The bridge's logger: one JSON line an event, each of which leaves through `outgoing`. */
export function createLogger(
  level: LogLevel,
  outgoing: Outgoing,
  destination?: DestinationStream
): Logger {
  return pino(
    {
      level,
      redact: { paths: redact, censor: '[hidden]' },
      hooks: { streamWrite: (line) => outgoing.json(line) }
    },
    destination ?? pino.destination(1)
  )
}
