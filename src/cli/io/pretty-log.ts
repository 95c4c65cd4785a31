import pretty from 'pino-pretty'
import type { DestinationStream } from 'pino'
import type { Terminal } from './terminal.ts'

/** Log lines for people: `16:04:05 INFO tool called {"tool":"vm_read","outcome":"ok"}`. */
export const prettyLog = ({ stream, coloured }: Terminal): DestinationStream =>
  pretty({
    destination: stream,
    colorize: coloured,
    // Whole lines at once: the stream is shared with what commands print.
    sync: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    // The id of a request is of use where an error named it.
    ignore: 'pid,hostname,reqId',
    messageFormat: ({ level, reqId, ...log }, key) =>
      `${String(log[key])}${Number(level) >= 50 && typeof reqId === 'string' ? ` (request ${reqId})` : ''}`
  })
