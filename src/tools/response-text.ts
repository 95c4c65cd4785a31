import { isObject } from '../lib/json.ts'
import { noteLines, responseText } from '../views/text/text-form.ts'
import type { Tool } from './define-tool.ts'

/** The answer of a tool as text, in the tool's own way or the general one. */
export function toolResponseText(tool: Tool, response: unknown): string {
  if (tool.text === undefined || !isObject(response)) return responseText(response)
  const { notes, ...rest } = response
  return [tool.text(rest), ...noteLines(notes)].join('\n')
}
