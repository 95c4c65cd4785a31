import type { ToolSchema } from '../../lib/json/schema-keywords.ts'
import { meaningsOfWord } from './argument-names.ts'
import type { Rule } from './rule.ts'

/**
 * What clients add to the arguments of every call by themselves, so that no model can leave it out: Cline
 * (`task_progress`), n8n (`toolCallId`, `tool`), OpenHands (`security_risk`), Gemini CLI
 * (`wait_for_previous`), Cursor (`random_string`), and the fields of MCP and of OpenAI's messages. Every
 * other unknown argument is still refused: it may be a misspelling.
 */
export const clientKeys: readonly string[] = [
  'task_progress',
  'toolCallId',
  'tool_call_id',
  'security_risk',
  'wait_for_previous',
  'random_string',
  '_meta'
]

const known = new Set(clientKeys)

export const clientKeysRule: Rule = {
  name: 'what clients add',
  does: `is dropped without a word: ${clientKeys.map((key) => `\`${key}\``).join(', ')}, and \`tool\` where it is the name of the tool`,
  example: '`{"task_progress": "- [ ] look"}` → `{}`'
}

/** A record without what its client added; an argument of the tool is never taken for that. */
export function withoutClientKeys(
  given: Record<string, unknown>,
  schema: ToolSchema,
  tool: string
): Record<string, unknown> {
  const isAdded = (key: string): boolean => {
    const isTools = key === 'tool' && given[key] === tool
    if (!isTools && !known.has(key)) return false
    return meaningsOfWord(key, schema, tool).length === 0
  }
  const keys = Object.keys(given)
  if (!keys.some(isAdded)) return given
  return Object.fromEntries(
    keys.filter((key) => !isAdded(key)).map((key) => [key, given[key]] as const)
  )
}
