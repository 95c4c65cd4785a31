import { STATUS_CODES } from 'node:http'
import { Reply } from './handler.ts'

const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`

const reason = (status: number): string => STATUS_CODES[status] ?? 'Unknown'

/** A response of the static web server in front of a node's API itself: HTML (FACTS 1, O). */
export const frontPage = (status: number): Reply =>
  new Reply(status, page(`${status} ${reason(status)}`), 'text/html')

/**
 * The front server's answer to what is not an HTTP request, as bytes: sent where no request was parsed
 * that could be answered.
 */
export function malformedRequestAnswer(): string {
  const { status, body, contentType } = frontPage(400)
  return [
    `HTTP/1.1 ${status} ${reason(status)}`,
    `Content-Type: ${contentType}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body
  ].join('\r\n')
}
