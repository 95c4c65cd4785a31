import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { jsonType, prefersText, textType } from '../src/lib/http/accept.ts'
import type { Tool } from '../src/tools/define-tool.ts'
import { toolResponseText } from '../src/tools/call/call-tool.ts'
import type { ResponseForm } from '../src/views/text/text-form.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The form the caller prefers, by its `Accept` header. */
    readonly responseForm: ResponseForm
  }
  interface FastifyReply {
    /** Sends what a tool returned, in the form the caller prefers. */
    sendToolResponse(tool: Tool, response: unknown): FastifyReply
    /** Says that the response depends on this header of the request, beside others it depends on. */
    varyBy(header: string): FastifyReply
  }
}

function varyBy(this: FastifyReply, header: string): FastifyReply {
  const present = [this.getHeader('vary') ?? []].flat().map(String)
  const names = present.flatMap((list) => list.split(',')).map((name) => name.trim())
  if (names.some((name) => name === '*' || name.toLowerCase() === header)) return this
  return this.header('vary', [...names, header].join(', '))
}

/** JSON or compact text: negotiates the form of a tool's response, and sends it. */
const responses: FastifyPluginAsync = async (app) => {
  app.decorateRequest('responseForm', {
    getter(this: FastifyRequest) {
      return prefersText(this.headers.accept) ? 'text' : 'json'
    }
  })
  app.decorateReply('varyBy', varyBy)
  app.decorateReply(
    'sendToolResponse',
    function sendToolResponse(this: FastifyReply, tool: Tool, response: unknown) {
      void this.varyBy('accept')
      if (this.request.responseForm === 'text')
        return this.type(textType).send(toolResponseText(tool, response))
      void this.type(jsonType)
      const bytes = app.outgoing.bytesOf(response)
      return bytes === undefined ? this.sendPassed(app.outgoing.jsonOf(response)) : this.send(bytes)
    }
  )
}

export const responsesPlugin = fp(responses, {
  name: 'responses',
  fastify: '5.x',
  dependencies: ['outgoing']
})
