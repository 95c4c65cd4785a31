import { isObject } from '../../lib/json.ts'
import type { Preview } from '../../policy/dry-run.ts'
import type { Tool } from '../define-tool.ts'

/** What says that nothing is known, for a field that every response of the tool has. */
function nothing(schema: Record<string, unknown>): unknown {
  const { type } = schema
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[]).at(-1)
  if (type === 'string') return ''
  if (type === 'integer' || type === 'number') return 0
  if (type === 'boolean') return false
  return type === 'array' ? [] : {}
}

/** Every field that a response of the tool has, with what says that nothing is known. */
export function emptyResponse({ output }: Pick<Tool, 'output'>): Record<string, unknown> {
  const fields = isObject(output.properties)
    ? (output.properties as Record<string, Record<string, unknown>>)
    : {}
  const required = (output.required as string[] | undefined) ?? []
  return Object.fromEntries(required.map((name) => [name, nothing(fields[name] ?? {})]))
}

/** The response of a call that only showed what it would send; in the form of the tool's responses. */
export function dryRunResponse(tool: Tool, preview: Preview): Record<string, unknown> {
  const { summary, needsApproval, refused } = preview
  const further = [
    ...(refused === undefined ? [] : [`It would be refused: ${refused}`]),
    ...(needsApproval === undefined ? [] : [`It needs a person's approval: ${needsApproval}`])
  ]
  return {
    ...emptyResponse(tool),
    sent: false,
    message: [`Not sent, as dry_run is true. It would: ${summary}`, ...further].join('. '),
    dry_run: preview
  }
}
