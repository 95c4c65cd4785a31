import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/**
 * Takes an empty JSON body as none: several clients send `Content-Type: application/json` with
 * nothing, for tools without arguments. Prototype keys are refused as by Fastify itself.
 */
const jsonBody: FastifyPluginAsync = async (app) => {
  // Fastify takes plain text too, which no tool does: the caller is told to say that it is JSON.
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0 || body.toString().trim() === '') return done(null, undefined)
    void parse(request, body.toString(), done)
  })
}

export const jsonBodyPlugin = fp(jsonBody, { name: 'json-body', fastify: '5.x' })
