import type { Tool, ToolContext } from '../define-tool.ts'
import { onRequest } from './on-request.ts'

/** The response of a tool as it may leave the bridge. */
export function present(
  { redact }: Tool,
  { outgoing }: ToolContext,
  { fields }: Record<string, unknown>,
  response: unknown
): unknown {
  if (redact === false) return outgoing.value(response)
  const named = Array.isArray(fields) ? fields.map((field) => String(field).toLowerCase()) : []
  const withheld = Object.entries(onRequest).filter(([name]) => !named.includes(name.toLowerCase()))
  return outgoing.record(response, Object.fromEntries(withheld))
}
