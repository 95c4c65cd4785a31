import type { FastifyReply, FastifyRequest } from 'fastify'
import { textAnswer } from '../src/tools/text-answer.ts'

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

/** Sends a tool's answer as JSON, or as text to those who asked for it. */
export function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: unknown
): FastifyReply {
  void reply.header('vary', 'accept')
  return wantsText(request)
    ? reply.type('text/plain; charset=utf-8').send(textAnswer(answer))
    : reply.type('application/json; charset=utf-8').send(JSON.stringify(answer))
}
