import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { BridgeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { type Tool } from './define-tool.ts'
import { uuidPattern } from './schemas.ts'

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  validateFormats: false,
  coerceTypes: false,
  removeAdditional: false
})

const quote = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** `/disks/0/size` as a reader writes it: `disks[0].size`. */
const argumentName = (pointer: string): string =>
  pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (name, part) => (/^\d+$/.test(part) ? `${name}[${part}]` : name ? `${name}.${part}` : part),
      ''
    )

const didYouMean = (word: string | undefined): string =>
  word === undefined ? '' : `; did you mean ${word}?`

const joined = (pointer: string, name: string): string =>
  pointer === '' ? name : `${argumentName(pointer)}.${name}`

interface ArgumentSchema {
  description?: string
  properties?: Record<string, ArgumentSchema>
}

/** One problem as a sentence that names the argument, what is allowed and the nearest valid word. */
function explain(error: ErrorObject): string {
  const name = argumentName(error.instancePath)
  const value: unknown = error.data
  const schema = error.parentSchema as ArgumentSchema | undefined
  const params = error.params as Record<string, unknown>
  const properties = Object.keys(schema?.properties ?? {})
  switch (error.keyword) {
    case 'required': {
      const missing = String(params['missingProperty'])
      const about = schema?.properties?.[missing]?.description
      return `${joined(error.instancePath, missing)} is missing${about === undefined ? '' : ` (${about})`}`
    }
    case 'additionalProperties': {
      const extra = String(params['additionalProperty'])
      const allowed =
        properties.length > 0 ? `allowed: ${properties.join(', ')}` : 'none is allowed here'
      return `unknown argument ${joined(error.instancePath, extra)}${didYouMean(nearest(extra, properties))} (${allowed})`
    }
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String)
      const meant = typeof value === 'string' ? nearest(value, allowed) : undefined
      return `${name} must be one of ${allowed.join(', ')}; got ${quote(value)}${didYouMean(meant)}`
    }
    case 'type':
      return `${name || 'the body'} must be ${article(String(params['type']))}; got ${typeOf(value)}${typeOf(value) === 'object' || value === null ? '' : ` ${quote(value)}`}`
    case 'pattern':
      if (params['pattern'] === uuidPattern)
        return `${name} must be a whole uuid such as 7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21; got ${quote(value)} (${schema?.description ?? 'see the list tools'})`
      return `${name} has a form that is not allowed; got ${quote(value)} (${schema?.description ?? String(params['pattern'])})`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `${name} must be ${String(params['comparison'])} ${String(params['limit'])}; got ${quote(value)}`
    case 'minLength':
      return `${name} must not be empty`
    case 'maxLength':
      return `${name} must have at most ${String(params['limit'])} characters`
    case 'minItems':
      return `${name} must have at least ${String(params['limit'])} entries`
    case 'minProperties':
      return `${name || 'the body'} must hold at least one of ${properties.join(', ')}`
    default:
      return `${name || 'the body'} ${error.message ?? 'is not allowed'}`
  }
}

const compiled = new WeakMap<object, ValidateFunction>()

/**
 * Checks arguments against the tool's input schema, strictly: nothing is coerced or dropped.
 * @throws {BridgeError} INVALID_ARGUMENT with every problem in plain words.
 */
export function validateArguments(
  tool: Tool,
  args: unknown
): asserts args is Record<string, unknown> {
  let check = compiled.get(tool.input)
  if (check === undefined) {
    check = ajv.compile(tool.input)
    compiled.set(tool.input, check)
  }
  if (check(args)) return
  const problems = [...new Set((check.errors ?? []).map(explain))]
  throw new BridgeError('INVALID_ARGUMENT', problems.join('; '), { details: { problems } })
}
