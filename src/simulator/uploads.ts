import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, internalError } from './handler.ts'
import type { IncomingCall } from './received-call.ts'

/** Enough for the boot record of an ISO, which lies in its 18th sector. */
const headBytes = 18 * 2048

/** What arrived of an upload: its size and hash, and its first bytes, which tell what is in it. */
export interface Received {
  bytes: number
  /** Hex. */
  sha256: string
  head: Buffer
}

/**
 * The size an upload announces. Chunked transfers are refused: a cluster requires Content-Length
 * (FACTS 11 and 12: S, O).
 */
export function announcedSize(request: IncomingCall): number {
  const text = request.headers['content-length']
  if (text === undefined || request.headers['transfer-encoding'] !== undefined)
    return refuseUpload(request, 411, 'Content-Length is required')
  return Number(text)
}

/** Refuses an upload, reading and dropping what is under way, so that the client gets the answer. */
export function refuseUpload(request: IncomingCall, status: number, message: string): never {
  request.resume()
  throw new ApiError(status, message)
}

/** How an upload is kept from coming in. */
export interface Hindrance {
  /** Called when this many bytes have come; nothing more is read then. */
  cut?: { afterBytes: number; connection: () => void }
  /** Waited for after each MiB, in ms. */
  pauseMs?: number
}

const hindrances = new WeakMap<IncomingCall, Hindrance>()

/** Hinders the upload that a request carries, where it carries one. */
export const hinder = (request: IncomingCall, hindrance: Hindrance): void =>
  void hindrances.set(request, hindrance)

const mebibyte = 2 ** 20

/** Takes an upload in without holding it in memory. A client that goes away half-way is an error. */
export async function receive(request: IncomingCall): Promise<Received> {
  let bytes = 0
  let head = Buffer.alloc(0)
  const hash = createHash('sha256')
  const { cut, pauseMs = 0 } = hindrances.get(request) ?? {}
  try {
    for await (const chunk of request) {
      const data = chunk as Buffer
      const wanted = headBytes - head.length
      if (wanted > 0) head = Buffer.concat([head, data.subarray(0, wanted)])
      const before = Math.floor(bytes / mebibyte)
      bytes += data.length
      hash.update(data)
      if (cut !== undefined && bytes >= cut.afterBytes) {
        cut.connection()
        // An upload that did not arrive whole gets no response.
        await new Promise((resolve) => request.once('close', resolve))
        throw new Error('The connection is cut')
      }
      const pauses = Math.floor(bytes / mebibyte) - before
      if (pauseMs > 0 && pauses > 0) await sleep(pauses * pauseMs)
    }
  } catch {
    throw internalError()
  }
  return { bytes, sha256: hash.digest('hex'), head }
}
