import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { maxBodyBytes } from '../src/lib/http/http-limits.ts'
import { nestedTooDeep } from '../src/lib/json/json.ts'
import { isNestedTooDeep } from '../src/lib/json/json-depth.ts'

/** Whether the request says that a body comes, of whatever length. */
const hasBody = ({ 'content-length': length, 'transfer-encoding': coding }: Headers): boolean =>
  coding !== undefined || (length !== undefined && length !== '0')

type Headers = { 'content-length'?: string | undefined; 'transfer-encoding'?: string | undefined }

/** Whether more may come than is let run out, so that the connection stays usable. */
const mayBeLong = ({ 'content-length': length, 'transfer-encoding': coding }: Headers): boolean =>
  coding !== undefined || Number(length ?? 0) > maxBodyBytes

/**
 * Takes an empty JSON body as none: several clients send `Content-Type: application/json` with
 * nothing, for tools without arguments. Prototype keys are refused as by Fastify itself, and so is
 * nesting without end.
 */
const jsonBody: FastifyPluginAsync = async (app) => {
  // Fastify accepts plain text too, which no tool does: the caller is asked to declare it as JSON.
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString()
    if (text.trim() === '') return done(null, undefined)
    // Before it is parsed: the parser is what nesting hurts.
    if (isNestedTooDeep(text))
      return done(new BridgeError('INVALID_ARGUMENT', nestedTooDeep('The body')), undefined)
    void parse(request, text, done)
  })
  app.addHook('onRequest', ({ method, headers }, _reply, done) => {
    if ((method === 'GET' || method === 'HEAD') && hasBody(headers))
      done(new BridgeError('INVALID_ARGUMENT', `${method} takes no body here: leave it out`))
    else done()
  })
  // A body that was refused unread is not read to its end to keep the connection.
  app.addHook('onSend', ({ raw, headers, body }, reply, _payload, done) => {
    if (body === undefined && !raw.complete && mayBeLong(headers))
      void reply.header('connection', 'close')
    done()
  })
}

export const jsonBodyPlugin = fp(jsonBody, { name: 'json-body', fastify: '5.x' })
