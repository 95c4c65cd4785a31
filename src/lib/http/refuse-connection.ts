import type { Socket } from 'node:net'
import { type ErrorCode, errorStatus } from '../errors/errors.ts'

/** What Node's parser or its timer refuses, before there is a request: status line, code, message. */
function refusalOf(error: NodeJS.ErrnoException): [status: string, code: ErrorCode, text: string] {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [
      `${errorStatus.REQUEST_TIMEOUT} Request Timeout`,
      'REQUEST_TIMEOUT',
      'The request did not arrive whole in time: send head and body at once'
    ]
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return [
      '431 Request Header Fields Too Large',
      'INVALID_ARGUMENT',
      'The headers are longer than 16 KiB: send fewer or shorter ones'
    ]
  return [
    '400 Bad Request',
    'INVALID_ARGUMENT',
    'This is not valid HTTP for this bridge: it speaks HTTP/1.1 without TLS'
  ]
}

/** Responds on a connection on which no request came about, in the form of every error, and closes it. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error)
    return
  }
  const [status, code, message] = refusalOf(error)
  const body = JSON.stringify({ error: { code, message } })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  )
}
