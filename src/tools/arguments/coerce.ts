import { isObject, parseJsonContainer } from '../../lib/json/json.ts'
import { withoutSeparators } from '../../lib/text/normalize.ts'
import type { Tool } from '../define-tool.ts'
import {
  type DuplicateArgument,
  hasRequired,
  meaningsOfWord,
  nameArguments,
  namesRule
} from './argument-names.ts'
import { clientKeysRule, withoutClientKeys } from './client-keys.ts'
import type { Coerced, Rule } from './rule.ts'
import {
  emptyRule,
  isSpareAmount,
  quotedNull,
  saysNothing,
  unknownSaysNothing,
  valueRules
} from './value-rules.ts'
import type { ToolSchema } from '../../lib/json/schema-keywords.ts'
import { asWord } from '../../lib/text/quote.ts'

const bodyTextRule: Rule = {
  name: 'the whole body as JSON text',
  does: 'is read',
  example: '`"{\\"filter\\": \\"web\\"}"`'
}

const wrapperRule: Rule = {
  name: 'one useless wrapper',
  does: 'is removed: `arguments`, `parameters`, `input`, `body`, `kwargs`, `args`, `params` or the name of the tool, alone or beside the name of the tool',
  example: '`{"name": "vm_read", "arguments": {"filter": "web"}}`'
}

const wrappers = new Set(['arguments', 'parameters', 'input', 'body', 'kwargs', 'args', 'params'])

/** What some clients put beside the arguments of a call. */
const toolWords = new Set(['name', 'tool', 'toolname', 'function', 'functionname'])

/** What a text holds that stands for arguments; nothing stands for none. Undefined if it is not JSON. */
function readText(given: string): object | undefined {
  const text = given.trim()
  return text === '' || text === 'null' ? {} : parseJsonContainer(text)
}

const noteOf = (wrapper: string, inner: unknown): string =>
  typeof inner === 'string'
    ? `"${wrapper}" was JSON text`
    : `"${wrapper}" around the arguments was taken off`

/** The arguments inside a wrapper, and what to say of it; undefined without a wrapper. */
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
 * The arguments in a body as clients send it. No body stands for no arguments; what is not an object
 * stays, for validation to refuse.
 */
function openBody(given: unknown, schema: ToolSchema, tool: string): Coerced[] {
  const steps: Coerced[] = []
  let body = given ?? {}
  if (typeof body === 'string') {
    const read = readText(body)
    if (read === undefined) return [{ value: body }]
    steps.push({ value: read, note: 'the body was JSON text' })
    body = read
  }
  const own = isObject(body) ? withoutClientKeys(body, schema, tool) : body
  const inside = isObject(own) ? unwrap(own, schema, tool) : undefined
  if (inside === undefined) return [...steps, { value: own }]
  const { args, note } = inside
  return [...steps, { value: isObject(args) ? withoutClientKeys(args, schema, tool) : args, note }]
}

/** Arguments brought into form. */
export interface CoercedArguments {
  args: unknown
  /** What was done, a few words each, for the response. */
  notes: string[]
  /** What cannot be brought into form because it can be read in two ways, a sentence each. */
  problems: string[]
  /** What is the same only if the cluster says so. */
  duplicates: DuplicateArgument[]
}

/** All that coercion does, in the order it is done. */
export const coercionRules: readonly Rule[] = [
  bodyTextRule,
  clientKeysRule,
  wrapperRule,
  namesRule,
  ...valueRules,
  emptyRule
]

/** Enough to see what happened; more would be the greater part of the response. */
const maxNotes = 10

class Coercion {
  readonly #tool: Tool
  readonly #notes: string[] = []
  readonly #leftOut: string[] = []
  readonly problems: string[] = []
  readonly duplicates: DuplicateArgument[] = []

  constructor(tool: Tool) {
    this.#tool = tool
  }

  note(sentence: string): void {
    if (this.#notes.length < maxNotes) this.#notes.push(sentence)
  }

  notes(): string[] {
    const shown = this.#leftOut.slice(0, maxNotes)
    return shown.length === 0
      ? this.#notes
      : [...this.#notes, `left out, nothing given: ${shown.join(', ')}`]
  }

  value(given: unknown, schema: ToolSchema, place: string): unknown {
    let value = given
    for (const rule of valueRules) {
      const coerced = rule.coerce(value, schema)
      if (coerced === undefined) continue
      value = coerced.value
      if (coerced.note !== undefined) this.note(`${place}: ${coerced.note}`)
    }
    const { items } = schema
    if (Array.isArray(value) && schema.type === 'array' && items !== undefined)
      return value.map((item, i) => this.value(item, items, `${place}[${i}]`))
    if (isObject(value) && schema.properties !== undefined) return this.record(value, schema, place)
    return value
  }

  record(given: Record<string, unknown>, schema: ToolSchema, place: string): unknown {
    const { properties = {}, required = [] } = schema
    const inside = place === '' ? '' : `${place}.`
    const { args, renamed, problems, duplicates } = nameArguments(given, schema, this.#tool.name)
    this.duplicates.push(...duplicates)
    for (const [key, name] of renamed) this.note(`${inside}${asWord(key)} read as ${name}`)
    this.problems.push(...problems.map((problem) => inside + problem))
    const coerced: [string, unknown][] = []
    for (const [name, value] of Object.entries(args)) {
      const field = Object.hasOwn(properties, name) ? properties[name] : undefined
      const isNothing =
        field === undefined
          ? unknownSaysNothing(value, schema)
          : (!required.includes(name) && saysNothing(value, field)) ||
            isSpareAmount(name, args, schema)
      if (isNothing) this.#leftOut.push(inside + asWord(name))
      else {
        const isWritten = field !== undefined && !this.#tool.annotations.readOnlyHint
        const problem =
          isWritten && !required.includes(name)
            ? quotedNull(value, field, inside + name)
            : undefined
        if (problem !== undefined) this.problems.push(problem)
        coerced.push([name, field === undefined ? value : this.value(value, field, inside + name)])
      }
    }
    return Object.fromEntries(coerced)
  }
}

/**
 * The one step between a caller's arguments and their validation: what differs only in form is
 * brought into form, by the tool's schema, never by a guess. Asks no one and changes no input.
 */
export function coerceArguments(tool: Tool, given: unknown): CoercedArguments {
  const schema: ToolSchema = tool.input
  const coercion = new Coercion(tool)
  let body: unknown
  for (const { value, note } of openBody(given, schema, tool.name)) {
    body = value
    if (note !== undefined) coercion.note(note)
  }
  const args = isObject(body) ? coercion.record(body, schema, '') : body
  return {
    args,
    notes: coercion.notes(),
    problems: coercion.problems,
    duplicates: coercion.duplicates
  }
}
