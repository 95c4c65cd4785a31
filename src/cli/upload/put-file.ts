import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { CommandError } from '../../lib/errors/command-error.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json/json.ts'
import { networkWords, tlsWords } from '../../lib/http/network-words.ts'

export interface FileToPut {
  token: string
  bytes: number
  chunks: AsyncIterable<Buffer>
  onChunk: (chunk: Buffer, sent: number) => void
  signal: AbortSignal
}

const maxResponseBytes = 1024 * 1024
/** A bridge that gives no leave and no refusal for so long is none. */
const leaveMs = 60_000

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) {
    text += String(chunk)
    if (text.length > maxResponseBytes) break
  }
  return text
}

/** Writes the file once the bridge has given leave, at its pace. */
async function write(request: ClientRequest, { chunks, onChunk }: FileToPut): Promise<void> {
  let sent = 0
  for await (const chunk of chunks) {
    if (request.destroyed || request.writableEnded) return
    sent += chunk.length
    if (!request.write(chunk))
      await new Promise<void>((resolve) => {
        const go = (): void => {
          request.off('drain', go).off('close', go).off('response', go)
          resolve()
        }
        request.once('drain', go).once('close', go).once('response', go)
      })
    onChunk(chunk, sent)
  }
  request.end()
}

function problemOf(status: number, body: unknown, url: string): CommandError {
  const error = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const { message, code, plan } = error
  if (typeof message !== 'string')
    return new CommandError(
      `The server at ${new URL(url).origin} accepts no uploads (status ${status})`
    )
  if (code !== 'APPROVAL_REQUIRED' || typeof plan !== 'string') return new CommandError(message)
  return new CommandError(`${message}. Then call again with --plan ${plan}`)
}

/**
 * Sends a file with PUT, asking for leave first (`Expect: 100-continue`), so that what is refused is not
 * sent for nothing.
 * @returns the response of the bridge
 * @throws {CommandError}
 */
export async function putFile(url: string, file: FileToPut): Promise<JsonObject> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const request = send(url, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${file.token}`,
      accept: 'application/json',
      'content-type': 'application/octet-stream',
      'content-length': file.bytes,
      expect: '100-continue'
    },
    signal: file.signal
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
  })
  const timer = setTimeout(
    () => request.destroy(Object.assign(new Error('no leave'), { code: 'ETIMEDOUT' })),
    leaveMs
  )
  request.once('continue', () => {
    clearTimeout(timer)
    write(request, file).catch((error: unknown) => request.destroy(error as Error))
  })
  request.flushHeaders()
  try {
    const found = await response
    const status = found.statusCode ?? 0
    const body = parseJson(await textOf(found))
    if (status !== 200 || !isObject(body)) throw problemOf(status, body, url)
    return body
  } catch (error) {
    if (error instanceof CommandError) throw error
    if (file.signal.aborted)
      throw new CommandError('Broken off: the partial file is deleted on the cluster', 130)
    const { code = '' } = error as NodeJS.ErrnoException
    const reason = tlsWords[code] ?? networkWords[code] ?? `broke the upload off (${code})`
    throw new CommandError(
      `The bridge at ${new URL(url).origin} ${reason}: check that it runs, then upload again`
    )
  } finally {
    clearTimeout(timer)
    request.destroy()
  }
}
