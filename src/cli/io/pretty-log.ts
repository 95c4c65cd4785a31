import pretty from 'pino-pretty'
import type { DestinationStream } from 'pino'
import type { Terminal } from './terminal.ts'

/** Log lines for people: `16:04:05 INFO tool called {"tool":"vm_read","outcome":"ok"}`. */
export const prettyLog = (terminal: Terminal): DestinationStream =>
  pretty({
    destination: terminal.stream,
    colorize: terminal.coloured,
    // Whole lines at once: the stream is shared with what commands print.
    sync: true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    // Shown in the message where that says something: once, and the id of a request where an error named it.
    ignore: 'pid,hostname,reqId,reason,advice',
    messageFormat: ({ level, reqId, reason, advice, ...log }, key) => {
      const message = String(log[key])
      const more = [reason, advice].filter(
        (text): text is string => typeof text === 'string' && !message.includes(text)
      )
      const request = Number(level) >= 50 && typeof reqId === 'string' ? ` (request ${reqId})` : ''
      return terminal.named([message, ...more].join('; ')) + request
    }
  })
