import type { Tool, ToolContext } from './define-tool.ts'

/** The response of a tool as it may leave the bridge. Fields that are named in `fields` are shown. */
export function present(
  { ownWords }: Tool,
  { outgoing }: ToolContext,
  { fields }: Record<string, unknown>,
  response: unknown
): unknown {
  if (ownWords === true) return outgoing.value(response)
  return outgoing.record(response, { named: Array.isArray(fields) ? fields.map(String) : [] })
}
