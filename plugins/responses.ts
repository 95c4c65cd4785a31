import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { jsonType, prefersText, textType } from '../src/lib/accept.ts'
import type { Tool } from '../src/tools/define-tool.ts'
import { toolResponseText } from '../src/tools/call-tool.ts'
import type { ResponseForm } from '../src/views/text/text-form.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The form the caller prefers, by its `Accept` header. */
    readonly responseForm: ResponseForm
  }
  interface FastifyReply {
    /** Sends what a tool returned, in the form the caller prefers. */
    sendToolResponse(tool: Tool, response: unknown): FastifyReply
  }
}

function sendToolResponse(this: FastifyReply, tool: Tool, response: unknown): FastifyReply {
  void this.header('vary', 'accept')
  return this.request.responseForm === 'text'
    ? this.type(textType).send(toolResponseText(tool, response))
    : this.type(jsonType).send(JSON.stringify(response))
}

/** JSON or compact text: negotiates the form of a tool's response, and sends it. */
const responses: FastifyPluginAsync = async (app) => {
  app.decorateRequest('responseForm', {
    getter(this: FastifyRequest) {
      return prefersText(this.headers.accept) ? 'text' : 'json'
    }
  })
  app.decorateReply('sendToolResponse', sendToolResponse)
}

export const responsesPlugin = fp(responses, { name: 'responses', fastify: '5.x' })
