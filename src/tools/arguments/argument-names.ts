import { isObject } from '../../lib/json/json.ts'
import { type Rule } from './rule.ts'
import { type ArgumentAlias, argumentAliases } from './aliases.ts'
import { withoutSeparators } from '../../lib/text/normalize.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import type { ToolSchema } from '../../lib/json/schema-keywords.ts'
import { asWord } from '../../lib/text/quote.ts'

export const namesRule: Rule = {
  name: 'names of arguments',
  does: 'are recognised in any case, with or without `_` and `-`, and by aliases, if only one argument can be meant; given twice they must mean the same',
  example: '`vm_uuid`, `VMUUID`, `vm` → `vmUUID`'
}

/** The arguments that a word can mean, by the word in plain form. */
type Meanings = ReadonlyMap<string, readonly string[]>

const holdsFor = ({ tools, except = [] }: ArgumentAlias, tool: string): boolean =>
  (tools === undefined || tools.includes(tool)) && !except.includes(tool)

const known = new WeakMap<object, Meanings>()

function meaningsOf(schema: ToolSchema, tool: string): Meanings {
  const cached = known.get(schema)
  if (cached !== undefined) return cached
  const names = Object.keys(schema.properties ?? {})
  const meanings = new Map<string, string[]>(names.map((name) => [withoutSeparators(name), [name]]))
  for (const alias of argumentAliases) {
    const { argument, aliases, aliasesIfRequired = [] } = alias
    if (!names.includes(argument) || !holdsFor(alias, tool)) continue
    const words =
      schema.required?.includes(argument) === true ? [...aliases, ...aliasesIfRequired] : aliases
    for (const word of words.map(withoutSeparators)) {
      const meant = meanings.get(word) ?? []
      // A tool's own argument keeps its name.
      if (meant.some((name) => withoutSeparators(name) === word) || meant.includes(argument))
        continue
      meanings.set(word, [...meant, argument])
    }
  }
  known.set(schema, meanings)
  return meanings
}

/** The arguments of a tool, or fields of one, that a word may mean; none for an unknown word. */
export const meaningsOfWord = (word: string, schema: ToolSchema, tool: string): readonly string[] =>
  meaningsOf(schema, tool).get(withoutSeparators(word)) ?? []

const isNothing = (value: unknown): boolean => value === null || value === ''

const isUuidText = (value: unknown): boolean => typeof value === 'string' && isUuid(value.trim())

/** A plain value for comparison: only uuids are the same in any case. */
function comparable(value: unknown): string | undefined {
  if (typeof value !== 'string')
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  const text = value.trim()
  return isUuid(text) ? text.toLowerCase() : text
}

/** Lists and objects are never compared: to be given twice is odd enough. */
const isSame = (one: unknown, other: unknown): boolean =>
  comparable(one) !== undefined && comparable(one) === comparable(other)

/** A uuid, and beside it under another name what may be the name of the same. */
export interface DuplicateArgument {
  argument: string
  /** The name the second one was given under. */
  key: string
  text: string
}

const twoValues = (key: string, name: string): string =>
  `${asWord(key)} also means ${name}, which has another value: pass ${name} alone`

/** What to say where the second is the name of something else. */
export const notTheSame = ({ key, argument }: DuplicateArgument): string => twoValues(key, argument)

/** Arguments under their own names; `renamed` are pairs, `problems` sentences for the caller. */
export interface NamedArguments {
  args: Record<string, unknown>
  renamed: [given: string, name: string][]
  problems: string[]
  duplicates: DuplicateArgument[]
}

/** Brings the names of arguments into form where only one can be meant. */
export function nameArguments(
  given: Record<string, unknown>,
  schema: ToolSchema,
  tool: string
): NamedArguments {
  const properties = schema.properties ?? {}
  const keys = Object.keys(given)
  if (keys.every((key) => Object.hasOwn(properties, key)))
    return { args: given, renamed: [], problems: [], duplicates: [] }

  const args = new Map<string, unknown>()
  const renamed: NamedArguments['renamed'] = []
  const problems: string[] = []
  const duplicates: DuplicateArgument[] = []
  const other: [key: string, meanings: readonly string[]][] = []
  for (const key of keys) {
    const meanings = Object.hasOwn(properties, key) ? [] : meaningsOfWord(key, schema, tool)
    if (meanings.length === 0) args.set(key, given[key])
    else other.push([key, meanings])
  }
  const isGiven = (name: string): boolean => args.has(name) && !isNothing(args.get(name))
  for (const [key, meanings] of other) {
    const needed = meanings.filter((name) => schema.required?.includes(name) && !isGiven(name))
    const [name = '', ...more] = needed.length === 1 ? needed : meanings
    if (more.length > 0) {
      problems.push(`${asWord(key)} could mean ${meanings.join(' or ')}: use one of these names`)
    } else if (!isGiven(name)) {
      args.set(name, given[key])
      renamed.push([key, name])
    } else if (!isNothing(given[key]) && !isSame(given[key], args.get(name))) {
      const text = [given[key], args.get(name)].find((value) => !isUuidText(value))
      const uuid = [given[key], args.get(name)].find(isUuidText)
      const ofCluster = properties[name]?.['x-entity'] !== undefined
      // Both can mean the same only where one is the uuid and the other a name.
      if (ofCluster && uuid !== undefined && typeof text === 'string') {
        args.set(name, uuid)
        duplicates.push({ argument: name, key, text: text.trim() })
      } else problems.push(twoValues(key, name))
    }
  }
  return { args: Object.fromEntries(args), renamed, problems, duplicates }
}

/** Whether a record has all that a tool cannot work without, under any of the names. */
export const hasRequired = (value: unknown, schema: ToolSchema, tool: string): boolean =>
  isObject(value) &&
  (schema.required ?? []).every((name) =>
    Object.keys(value).some((key) => meaningsOfWord(key, schema, tool).includes(name))
  )
