import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { runInCall } from '../src/ledger/call-scope.ts'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { restOrigin } from '../src/openwebui/caller.ts'
import { imageName, type ImageKind } from '../src/tools/upload/image-kind.ts'
import { uploadImage, withImageName } from '../src/tools/upload/upload-image.ts'
import { refuseDuringUpdate } from '../src/tools/writes/during-update.ts'
import { underTerms } from '../src/tools/writes/with-approval.ts'
import { requireUsable } from '../src/tools/tool-sets.ts'
import { uploadDisk, uploadIso } from './upload.ts'

interface OfFile {
  Params: { name: string }
  Querystring: { sha256?: unknown; plan?: unknown }
}

/** Only the client that sends its bytes ends it. */
const noEnd = new AbortController().signal

/** @throws {BridgeError} INVALID_ARGUMENT */
function lengthOf({ headers }: FastifyRequest): number {
  const length = headers['content-length'] ?? ''
  if (/^[1-9]\d{0,14}$/.test(length) && headers['transfer-encoding'] === undefined)
    return Number(length)
  throw new BridgeError(
    'INVALID_ARGUMENT',
    'The body must be the file, with its length in Content-Length: the cluster has to know it before (curl -T FILE sends it)'
  )
}

/** @throws {BridgeError} INVALID_ARGUMENT */
function hashIn({ sha256 }: OfFile['Querystring']): string | undefined {
  if (sha256 === undefined || sha256 === '') return undefined
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)) return sha256
  throw new BridgeError('INVALID_ARGUMENT', 'sha256 must be 64 hexadecimal digits')
}

/** The body as it comes in. A client that goes away in the middle ends it. */
async function* bodyOf({ raw }: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    // Not destroyed with the iteration: the response still has to go out on its socket.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) yield chunk as Buffer
  } catch (error) {
    throw new BridgeError('CALLER_GONE', 'The client broke off', { cause: error })
  }
}

/**
 * `PUT /upload/iso/:name` and `PUT /upload/disk/:name`: a file of the client's own goes through to the
 * cluster as it comes in. They are not tools: no model has a file to send.
 */
export const uploadFileRoutes: FastifyPluginAsync = async (app) => {
  app.requireToken()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))

  const route = (place: string, kind: ImageKind, tool: typeof uploadIso): void => {
    app.put<OfFile>(
      `/upload/${place}/:name`,
      { config: { streamsBody: true } },
      async (request, reply) => {
        const principal = request.requirePrincipal()
        const origin = restOrigin(request, principal.person)
        const call = app.toolContext({
          authority: { principal, origin },
          signal: noEnd,
          form: request.responseForm,
          progress: undefined
        })
        const { plan } = request.query
        const context = await underTerms(call, tool.name, { plan })
        const usable = (): void => requireUsable(tool, principal)
        try {
          usable()
        } catch (error) {
          if (error instanceof BridgeError) context.onRefused(tool.name, error)
          throw error
        }
        const bytes = lengthOf(request)
        const sha256 = hashIn(request.query)
        const name = imageName(kind, request.params.name, '')
        await refuseDuringUpdate(tool, context, {})
        async function* chunks(): AsyncGenerator<Uint8Array> {
          // All that could keep it from being sent has been asked.
          reply.takeBody()
          yield* bodyOf(request)
        }
        const scope = {
          callId: randomUUID(),
          tool: tool.name,
          args: { name, bytes, ...(sha256 !== undefined && { sha256 }) },
          targets: [],
          hasSent: false,
          conditions: []
        }
        const { response, error } = await runInCall(scope, () =>
          withImageName(context, kind, name, (left) => {
            const file = { bytes, sha256, from: undefined, chunks: chunks() }
            return uploadImage(context, tool.name, { kind, name, file }, left)
          })
        )
        if (error !== undefined) throw error
        return reply.sendToolResponse(tool, response)
      }
    )
  }
  route('iso', 'ISO', uploadIso)
  route('disk', 'VirtualDisk', uploadDisk)
}
