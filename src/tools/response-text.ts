import { isObject } from '../lib/json.ts'
import { noteLines, responseText } from '../views/text/text-form.ts'
import type { Tool } from './define-tool.ts'

/** The answer of a tool as text, in the tool's own way or the general one. */
export function toolResponseText(tool: Tool, answer: unknown): string {
  if (tool.text === undefined || !isObject(answer)) return responseText(answer)
  const { notes, ...rest } = answer
  return [tool.text(rest), ...noteLines(notes)].join('\n')
}
