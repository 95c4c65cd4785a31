import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Tool } from '../src/tools/define-tool.ts'
import type { ResponseForm } from '../src/views/text/text-form.ts'
import { toolResponseText } from '../src/tools/response-text.ts'

/** Whether the caller asked for compact text: `Accept` prefers text/plain over JSON. */
export function wantsText(request: FastifyRequest): boolean {
  const quality = (type: string): number => {
    const entry = (request.headers.accept ?? '')
      .split(',')
      .map((part) => part.trim().toLowerCase().split(';'))
      .find(([name]) => name?.trim() === type)
    if (entry === undefined) return 0
    const q = entry.find((part) => part.trim().startsWith('q='))
    return q === undefined ? 1 : Number(q.trim().slice(2))
  }
  const text = quality('text/plain')
  return text > 0 && text > quality('application/json')
}

/** The form the caller asked for. */
export const formOf = (request: FastifyRequest): ResponseForm =>
  wantsText(request) ? 'text' : 'json'

/** Sends a tool's answer in the form it was made for. */
export function sendResponse(
  reply: FastifyReply,
  tool: Tool,
  form: ResponseForm,
  response: unknown
): FastifyReply {
  void reply.header('vary', 'accept')
  return form === 'text'
    ? reply.type('text/plain; charset=utf-8').send(toolResponseText(tool, response))
    : reply.type('application/json; charset=utf-8').send(JSON.stringify(response))
}
