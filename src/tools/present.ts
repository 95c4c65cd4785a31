import type { Withheld } from '../lib/outgoing.ts'
import type { Tool, ToolContext } from './define-tool.ts'

/** Fields that hold passwords and keys of guests more often than not: shown to those who name them. */
const onRequest: Withheld = {
  cloudInitData: 'vm_read with "cloudInitData" in fields shows it'
}

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
