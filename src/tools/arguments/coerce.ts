import { isObject } from '../../lib/json.ts'
import type { Tool } from '../define-tool.ts'
import { type DuplicateArgument, nameArguments, namesRule } from './argument-names.ts'
import { emptyRule, quotedNull, saysNothing } from './empty-values.ts'
import { type Rule } from './rule.ts'
import { valueRules } from './value-rules.ts'
import { bodyTextRule, openBody, wrapperRule } from './whole-body.ts'
import type { ToolSchema } from '../../lib/schema-keywords.ts'
import { asWord } from '../../lib/quote.ts'

/** Arguments brought into form. */
export interface RepairedArguments {
  args: unknown
  /** What was done, a few words each, for the answer. */
  notes: string[]
  /** What cannot be brought into form because it can be read in two ways, a sentence each. */
  problems: string[]
  /** What is the same only if the cluster says so. */
  doubles: DuplicateArgument[]
}

/** All that the repair does, in the order it is done. */
export const repairRules: readonly Rule[] = [
  bodyTextRule,
  wrapperRule,
  namesRule,
  ...valueRules,
  emptyRule
]

/** Enough to see what happened; more would be the greater part of the answer. */
const maxNotes = 10

class Repair {
  readonly #tool: Tool
  readonly #notes: string[] = []
  readonly #leftOut: string[] = []
  readonly problems: string[] = []
  readonly doubles: DuplicateArgument[] = []

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
      const healed = rule.coerce(value, schema)
      if (healed === undefined) continue
      value = healed.value
      if (healed.note !== undefined) this.note(`${place}: ${healed.note}`)
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
    const { args, renamed, problems, doubles } = nameArguments(given, schema, this.#tool.name)
    this.doubles.push(...doubles)
    for (const [key, name] of renamed) this.note(`${inside}${asWord(key)} read as ${name}`)
    this.problems.push(...problems.map((problem) => inside + problem))
    const healed: [string, unknown][] = []
    for (const [name, value] of Object.entries(args)) {
      const field = Object.hasOwn(properties, name) ? properties[name] : undefined
      if (field !== undefined && !required.includes(name) && saysNothing(value, field))
        this.#leftOut.push(inside + name)
      else {
        const isWritten = field !== undefined && !this.#tool.annotations.readOnlyHint
        const problem =
          isWritten && !required.includes(name)
            ? quotedNull(value, field, inside + name)
            : undefined
        if (problem !== undefined) this.problems.push(problem)
        healed.push([name, field === undefined ? value : this.value(value, field, inside + name)])
      }
    }
    return Object.fromEntries(healed)
  }
}

/**
 * The one step between a caller's arguments and their validation: what differs only in form is
 * brought into form, by the tool's schema, never by a guess. Asks nobody and changes nothing given.
 */
export function coerceArguments(tool: Tool, given: unknown): RepairedArguments {
  const schema: ToolSchema = tool.input
  const repair = new Repair(tool)
  let body: unknown
  for (const { value, note } of openBody(given, schema, tool.name)) {
    body = value
    if (note !== undefined) repair.note(note)
  }
  const args = isObject(body) ? repair.record(body, schema, '') : body
  return { args, notes: repair.notes(), problems: repair.problems, doubles: repair.doubles }
}
