import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Outgoing } from '../src/lib/secrets/outgoing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What leaves the bridge by any other way than a response passes through it. */
    outgoing: Outgoing
  }
  interface FastifyReply {
    /** What was sent with `sendPassed`. */
    passed: string | undefined
    /** Sends a text that has come through `outgoing` before. */
    sendPassed(text: string): FastifyReply
  }
}

export interface OutgoingPluginOptions {
  outgoing: Outgoing
}

function sendPassed(this: FastifyReply, text: string): FastifyReply {
  this.passed = text
  return this.send(text)
}

/**
 * The one way out over HTTP: no route has to think of it, and none can leave it out. Streams and files
 * pass: the messages of MCP's streams have come through `outgoing` before.
 */
const outgoing: FastifyPluginAsync<OutgoingPluginOptions> = async (app, options) => {
  app.decorate('outgoing', options.outgoing)
  app.decorateReply('passed')
  app.decorateReply('sendPassed', sendPassed)
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (typeof payload !== 'string' || payload === reply.passed) return done(null, payload)
    const type = String(reply.getHeader('content-type') ?? '')
    const shown = /^application\/(?:[\w.-]+\+)?json\b/i.test(type)
      ? options.outgoing.json(payload)
      : options.outgoing.text(payload)
    done(null, shown)
  })
}

export const outgoingPlugin = fp(outgoing, { name: 'outgoing', fastify: '5.x' })
