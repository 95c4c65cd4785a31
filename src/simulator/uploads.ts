import type { IncomingMessage } from 'node:http'
import { ApiError, internalError } from './handler.ts'

/** Enough for the boot record of an ISO, which lies in its 18th sector. */
const headBytes = 18 * 2048

/** What arrived of an upload: its size, and its first bytes, which tell what is in it. */
export interface Received {
  bytes: number
  head: Buffer
}

/**
 * The size an upload announces. Chunked transfers are refused: a cluster wants Content-Length
 * (FACTS 11 and 12: S, O).
 */
export function announcedSize(request: IncomingMessage): number {
  const text = request.headers['content-length']
  if (text === undefined || request.headers['transfer-encoding'] !== undefined)
    return refuseUpload(request, 411, 'Content-Length is required')
  return Number(text)
}

/** Refuses an upload, reading and dropping what is under way, so that the client gets the answer. */
export function refuseUpload(request: IncomingMessage, status: number, message: string): never {
  request.resume()
  throw new ApiError(status, message)
}

/** Takes an upload in without holding it in memory. A client that goes away half-way is an error. */
export async function receive(request: IncomingMessage): Promise<Received> {
  let bytes = 0
  let head = Buffer.alloc(0)
  try {
    for await (const chunk of request) {
      const data = chunk as Buffer
      const wanted = headBytes - head.length
      if (wanted > 0) head = Buffer.concat([head, data.subarray(0, wanted)])
      bytes += data.length
    }
  } catch {
    throw internalError()
  }
  return { bytes, head }
}
