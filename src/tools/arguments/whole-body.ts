import { isObject, parseJsonContainer } from '../../lib/json.ts'
import { hasRequired, meaningsOfWord } from './argument-names.ts'
import { type Coerced, type Rule } from './rule.ts'
import { withoutSeparators } from '../../lib/normalize.ts'
import type { ToolSchema } from '../../lib/schema-keywords.ts'

export const bodyTextRule: Rule = {
  name: 'the whole body as JSON text',
  does: 'is read',
  example: '`"{\\"filter\\": \\"web\\"}"`'
}

export const wrapperRule: Rule = {
  name: 'one useless wrapper',
  does: 'is removed: `arguments`, `parameters`, `input`, `body`, `kwargs`, `args`, `params` or the name of the tool, alone or beside the name of the tool',
  example: '`{"name": "vm_read", "arguments": {"filter": "web"}}`'
}

const wrappers = new Set(['arguments', 'parameters', 'input', 'body', 'kwargs', 'args', 'params'])

/** What some clients put beside the arguments of a call. */
const toolWords = new Set(['name', 'tool', 'toolname', 'function', 'functionname'])

/** What a text holds that stands for arguments; nothing stands for none. Undefined if it is no JSON. */
function readText(given: string): object | undefined {
  const text = given.trim()
  return text === '' || text === 'null' ? {} : parseJsonContainer(text)
}

const noteOf = (wrapper: string, inner: unknown): string =>
  typeof inner === 'string'
    ? `"${wrapper}" was JSON text`
    : `"${wrapper}" around the arguments was taken off`

/** The arguments inside a wrapper, and what to say of it; undefined where there is no wrapper. */
function unwrap(body: Record<string, unknown>, schema: ToolSchema, tool: string) {
  const isTool = (value: unknown): boolean =>
    typeof value === 'string' && withoutSeparators(value) === withoutSeparators(tool)
  const around = Object.keys(body).filter(
    (key) => !(toolWords.has(withoutSeparators(key)) && isTool(body[key]))
  )
  const [wrapper, ...more] = around
  if (wrapper === undefined || more.length > 0) return undefined
  const word = withoutSeparators(wrapper)
  if (!wrappers.has(word) && !isTool(wrapper)) return undefined
  if (Object.hasOwn(schema.properties ?? {}, wrapper)) return undefined
  const inner = body[wrapper]
  const args = typeof inner === 'string' || inner === null ? readText(inner ?? '') : inner
  // Nothing else is meant by this word, whatever is in it: it is that which is refused.
  if (word === 'arguments') return { args: args ?? inner, note: noteOf(wrapper, inner) }
  if (!isObject(args)) return undefined
  // `body` of run_api may be its payload: a whole call must be in it.
  const isArgument = meaningsOfWord(wrapper, schema, tool).length > 0
  if (isArgument && !hasRequired(args, schema, tool)) return undefined
  return { args, note: noteOf(wrapper, inner) }
}

/**
 * The arguments in a body as clients send it. No body stands for no arguments; what is no object
 * stays, for validation to refuse.
 */
export function openBody(given: unknown, schema: ToolSchema, tool: string): Coerced[] {
  const steps: Coerced[] = []
  let body = given ?? {}
  if (typeof body === 'string') {
    const read = readText(body)
    if (read === undefined) return [{ value: body }]
    steps.push({ value: read, note: 'the body was JSON text' })
    body = read
  }
  const inside = isObject(body) ? unwrap(body, schema, tool) : undefined
  if (inside !== undefined) steps.push({ value: inside.args, note: inside.note })
  return steps.length > 0 ? steps : [{ value: body }]
}
