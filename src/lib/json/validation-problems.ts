import type { ErrorObject } from 'ajv'
import { didYouMean, nearest } from '../text/nearest.ts'
import { lettersAndDigits } from '../text/normalize.ts'
import { asWord, quote } from '../text/quote.ts'
import { isSecretName } from '../secrets/secrets.ts'
import { exactBytes, formatBytes, parseBytes } from '../text/units.ts'
import {
  exampleUuid,
  optionalReferencePattern,
  optionalUuidPattern,
  referencePattern,
  uuidPattern
} from '../text/uuid.ts'
import type { CatalogKeywords, ToolSchema } from './schema-keywords.ts'

/** At least one character that can be seen. */
export const notBlankPattern = '\\S'

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** `/disks/0/size` as a reader writes it: `disks[0].size`. */
const placeName = (pointer: string): string =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (name, part) => (/^\d+$/.test(part) ? `${name}[${part}]` : name ? `${name}.${part}` : part),
      ''
    )

const joined = (pointer: string, name: string): string =>
  pointer === '' ? name : `${placeName(pointer)}.${name}`

/** What is wrong with a uuid. */
export const uuidProblem = (name: string, value: unknown, where: string): string =>
  `${name} must be a whole uuid such as ${exampleUuid}; got ${quote(value)} (${where})`

/** What a message says of the schema that a value broke. */
interface ProblemSchema extends ToolSchema, Pick<CatalogKeywords, 'x-secret' | 'x-missing-fields'> {
  items?: ProblemSchema
  properties?: Record<string, ProblemSchema>
}

/** How the things that are checked are called. */
export interface ProblemWords {
  /** One of them: `argument`, `field`. */
  one: string
  /** All of them: `the body`, `the payload`. */
  whole: string
  /** Whether each unknown one is refused with all that are allowed, and a wrong value with what is required. */
  explain: boolean
}

const isWritable = (schema: ProblemSchema | undefined): boolean => schema?.readOnly !== true

function unknownName(error: ErrorObject, schema: ProblemSchema | undefined, words: ProblemWords) {
  const extra = String((error.params as { additionalProperty: unknown }).additionalProperty)
  const name = asWord(joined(error.instancePath, extra))
  if (schema?.['x-missing-fields']?.includes(extra))
    return `${words.one} ${name} does not exist in this cluster's version`
  const writable = Object.entries(schema?.properties ?? {}).filter(([, each]) => isWritable(each))
  const allowed = writable.map(([property]) => property)
  const list =
    allowed.length > 0 ? `allowed: ${allowed.join(', ')}` : 'none is allowed here: leave it out'
  const [proper, field] = writable.find(([, each]) => isMisnomer(extra, each)) ?? []
  const about = words.explain ? describe(field) : undefined
  const meant =
    proper === undefined
      ? didYouMean(nearest(extra, allowed))
      : `${didYouMean(proper)}${about === undefined ? '' : ` (${about})`}`
  return `unknown ${words.one} ${name}${meant}${words.explain ? ` (${list})` : ''}`
}

const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === ''

const wantsUuid = new Set<unknown>([
  uuidPattern,
  optionalUuidPattern,
  referencePattern,
  optionalReferencePattern
])

/** What a value is, and where it comes from. */
function describe(schema: ProblemSchema | undefined): string | undefined {
  const { description, 'x-hint': hint } = schema ?? {}
  // One that says where it comes from says it once.
  const saidTwice = hint !== undefined && description?.includes(hint) === true
  const words = [description, saidTwice ? '' : hint].filter((text = '') => text !== '')
  return words.length === 0 ? undefined : words.join(', ')
}

/** As it follows the message. */
function aside(schema: ProblemSchema | undefined, ...more: string[]): string {
  const about = describe(schema)
  const words = [...(about === undefined ? [] : [about]), ...more]
  return words.length === 0 ? '' : ` (${words.join('; ')})`
}

const isMisnomer = (word: string, { 'x-misnomers': misnomers }: ProblemSchema): boolean =>
  misnomers !== undefined && new RegExp(misnomers).test(lettersAndDigits(word))

const examples = new Map<unknown, string>([
  ['string', '"text"'],
  ['integer', '4'],
  ['number', '4'],
  ['boolean', 'true'],
  ['object', '{}']
])

/** JSON text that a schema takes, as far as its example or type shows. */
export function exampleOf(schema: ProblemSchema | undefined): string {
  const own = schema?.['x-example']
  if (own !== undefined) return own
  if (schema?.type === 'array') return `[${exampleOf(schema.items)}]`
  return examples.get(schema?.type) ?? '"text"'
}

/** What to pass where a field says nothing of itself: its words, or an example. */
const whatToPass = (schema: ProblemSchema | undefined): string =>
  schema?.enum === undefined ? exampleOf(schema) : `one of ${schema.enum.join(', ')}`

/** What the whole has to be: its fields, by name. */
const fieldsOf = (schema: ProblemSchema | undefined): string => {
  const names = Object.keys(schema?.properties ?? {})
  return names.length === 0 ? 'such as {}' : `allowed: ${names.join(', ')}`
}

/** What a small number may have been meant as, with the bytes to pass: `8 GiB is 8589934592`. */
const sizesMeant = (value: unknown, min: number): string[] =>
  typeof value !== 'number' || !Number.isInteger(value) || value < 1
    ? []
    : ['MiB', 'GiB', 'TiB']
        .map((unit) => `${value} ${unit}`)
        .flatMap((text) => {
          const bytes = parseBytes(text)
          return bytes === undefined || bytes < min ? [] : [`${text} is ${bytes}`]
        })
        .slice(0, 2)

/** That a size must be whole, with the whole ones next to it. */
function wholeSize(value: unknown, step: number): string {
  const below = Math.floor(Number(value) / step) * step
  const near = [below, below + step].map((bytes) => `${bytes} (${exactBytes(bytes)})`)
  return `whole ${formatBytes(step).replace(/^1 /, '')}, such as ${near.join(' or ')}`
}

/**
 * One problem of a validation as a sentence that names the place, what is allowed and the nearest
 * valid word. Values of secrets are not repeated.
 * @param error of an Ajv with `allErrors` and `verbose`
 */
export function describeProblem(error: ErrorObject, words: ProblemWords): string {
  const name = placeName(error.instancePath) || words.whole
  const value: unknown = error.data
  const schema = error.parentSchema as ProblemSchema | undefined
  const params = error.params as Record<string, unknown>
  const secret =
    schema?.['x-secret'] === true || isSecretName(error.instancePath.split('/').at(-1) ?? '')
  const got = (): string => (secret ? '' : `; got ${quote(value)}`)
  // That it must not be nothing says least of all what it must be.
  const about = (): string =>
    words.explain ? aside(schema, ...(describe(schema) ? [] : [`pass ${exampleOf(schema)}`])) : ''
  switch (error.keyword) {
    case 'required': {
      const missing = String(params['missingProperty'])
      const field = schema?.properties?.[missing]
      const more =
        words.explain && describe(field) === undefined ? [`pass ${whatToPass(field)}`] : []
      return `${joined(error.instancePath, missing)} is required${aside(field, ...more).replace(/\.\)$/, ')')}`
    }
    case 'additionalProperties':
      return unknownName(error, schema, words)
    case 'readOnly':
      return `${name} is read-only: the cluster sets it, leave it out`
    case 'not':
      return `${name} is not allowed here: leave it out`
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map((word) =>
        word === '' ? '""' : String(word)
      )
      const advice =
        typeof value === 'string' ? schema?.['x-advice']?.get(lettersAndDigits(value)) : undefined
      if (advice !== undefined)
        return `${name} must be one of ${allowed.join(', ')}${got()}: ${advice}`
      const meant = typeof value === 'string' && !secret ? nearest(value, allowed) : undefined
      return `${name} must be one of ${allowed.join(', ')}${got()}${didYouMean(meant)}`
    }
    case 'type': {
      const type = String(params['type']).replaceAll(',', ' or ')
      const wanted = type === 'boolean' ? 'true or false' : article(type)
      const shown = typeOf(value) === 'object' || value === null || secret ? '' : ` ${quote(value)}`
      const more =
        error.instancePath === '' && type === 'object'
          ? fieldsOf(schema)
          : `such as ${exampleOf(schema)}`
      const about = words.explain ? aside(schema, ...(type === 'boolean' ? [] : [more])) : ''
      return `${name} must be ${wanted}; got ${typeOf(value)}${shown}${about}`
    }
    case 'pattern':
      if (
        params['pattern'] === notBlankPattern ||
        (params['pattern'] === referencePattern && isBlank(value))
      )
        return `${name} must not be blank${about()}`
      if (wantsUuid.has(params['pattern']))
        return uuidProblem(name, value, describe(schema) ?? 'see the list tools')
      return schema?.['x-format-hint'] === undefined
        ? `${name} must have the form ${String(params['pattern'])}${got()}${aside(schema)}`
        : `${name} must be ${schema['x-format-hint']}${got()}${aside(schema)}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': {
      const meant = schema?.['x-bytes'] === true ? sizesMeant(value, Number(params['limit'])) : []
      return `${name} must be ${String(params['comparison'])} ${String(params['limit'])}${got()}${words.explain ? aside(schema, ...meant) : ''}`
    }
    case 'multipleOf': {
      const step = Number(params['multipleOf'])
      if (schema?.['x-bytes'] === true) return `${name} must be ${wholeSize(value, step)}${got()}`
      return `${name} must be a multiple of ${step} such as ${2 * step}${got()}`
    }
    case 'minLength':
      return params['limit'] === 1
        ? `${name} must not be empty${about()}`
        : `${name} must have at least ${String(params['limit'])} characters`
    case 'maxLength':
      return `${name} must have at most ${String(params['limit'])} characters`
    case 'minItems':
    case 'maxItems':
      return `${name} must have at ${error.keyword === 'minItems' ? 'least' : 'most'} ${String(params['limit'])} ${params['limit'] === 1 ? 'entry' : 'entries'}`
    case 'minProperties':
      return `${name} must hold at least one of ${Object.keys(schema?.properties ?? {}).join(', ')}`
    default:
      return `${name} ${error.message ?? 'is not allowed'}`
  }
}
