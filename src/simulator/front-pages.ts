import { Reply } from './handler.ts'

const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`

const reasons = {
  400: 'Bad Request',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out'
} as const

export type FrontStatus = keyof typeof reasons

/** What the static web server in front of a node's API answers by itself: HTML (FACTS 1, O). */
export const frontPage = (status: FrontStatus): Reply =>
  new Reply(status, page(`${status} ${reasons[status]}`), 'text/html')

/**
 * The front server's answer to what is no HTTP request, as bytes: sent where no request was parsed
 * that could be answered.
 */
export function malformedRequestAnswer(): string {
  const { status, body, contentType } = frontPage(400)
  return [
    `HTTP/1.1 ${status} ${reasons[400]}`,
    `Content-Type: ${contentType}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body
  ].join('\r\n')
}
