import { httpMethods } from '../lib/http/http-method.ts'
import { faultKind, type FaultKind, faultKinds, fieldsOf } from './fault-kinds.ts'
import type { Fault } from './faults.ts'

/** What is wrong with a fault, one sentence for each field. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

const isWhole = (value: unknown, least: number, most = Infinity): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most

interface Rule {
  holds: (value: unknown, nodes: number) => boolean
  wanted: (nodes: number) => string
  /** How a value is read from a word of the command line. */
  read?: (text: string) => unknown
}

const numeric = (text: string): unknown => (text.trim() === '' ? text : Number(text))
const flag = (text: string): unknown => ({ true: true, false: false })[text] ?? text

/** What each field may be. */
const rules: Readonly<Record<Exclude<keyof Fault, 'kind'>, Rule>> = {
  node: {
    holds: (value, nodes) => isWhole(value, 0, nodes - 1),
    wanted: (nodes) =>
      Number.isFinite(nodes) ? `a number from 0 to ${nodes - 1}` : 'a number from 0',
    read: numeric
  },
  method: {
    holds: (value) => (httpMethods as readonly unknown[]).includes(value),
    wanted: () => `one of ${httpMethods.join(', ')}`,
    read: (text) => text.toUpperCase()
  },
  path: {
    holds: (value) => typeof value === 'string' && value.startsWith('/'),
    wanted: () => 'a path such as /Node'
  },
  times: {
    holds: (value) => isWhole(value, 1),
    wanted: () => 'a whole number from 1',
    read: numeric
  },
  probability: {
    holds: (value) => typeof value === 'number' && value > 0 && value <= 1,
    wanted: () => 'a number above 0, up to 1',
    read: numeric
  },
  seed: { holds: (value) => isWhole(value, 0), wanted: () => 'a whole number', read: numeric },
  ms: {
    holds: (value) => isWhole(value, 0),
    wanted: () => 'a whole number of milliseconds',
    read: numeric
  },
  status: {
    holds: (value) => isWhole(value, 200, 599),
    wanted: () => 'an HTTP status from 200 to 599',
    read: numeric
  },
  bytes: {
    holds: (value) => isWhole(value, 1),
    wanted: () => 'a whole number of bytes from 1',
    read: numeric
  },
  seconds: {
    holds: (value) => isWhole(value, -(10 ** 9), 10 ** 9),
    wanted: () => 'a whole number of seconds',
    read: numeric
  },
  executed: {
    holds: (value) => typeof value === 'boolean',
    wanted: () => 'true or false',
    read: flag
  },
  body: { holds: (value) => typeof value === 'string', wanted: () => 'a text' },
  message: { holds: (value) => typeof value === 'string', wanted: () => 'a text' },
  parameters: {
    holds: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    wanted: () => 'a list of texts'
  }
}

const ruleOf = (field: string): Rule | undefined =>
  Object.hasOwn(rules, field) ? rules[field as keyof typeof rules] : undefined

/** What is wrong with one field: a sentence that begins with its name. */
export interface FieldProblem {
  field: string
  text: string
}

/** What a field must be, where it is not; undefined for a good one. */
export function fieldProblem(field: string, given: unknown, nodes: number): string | undefined {
  const rule = ruleOf(field)
  if (rule === undefined) return `${field} is not known`
  return rule.holds(given, nodes) ? undefined : `${field} must be ${rule.wanted(nodes)}`
}

/** What is wrong with the fields of a fault of this kind. @param nodes how many there are */
export function faultProblems(
  kind: FaultKind,
  fault: Readonly<Record<string, unknown>>,
  nodes: number
): FieldProblem[] {
  const allowed = fieldsOf(kind)
  const problems = Object.entries(fault).flatMap(([field, given]) => {
    if (field === 'kind' || given === undefined) return []
    const text = allowed.includes(field)
      ? fieldProblem(field, given, nodes)
      : `${field} is not known for ${kind}, which takes ${allowed.join(', ')}`
    return text === undefined ? [] : [{ field, text }]
  })
  if (kind === 'clock-step' && fault['seconds'] === undefined)
    problems.push({ field: 'seconds', text: 'seconds is required: how far the clock is off' })
  return problems
}

/**
 * Checks what was sent as a fault, and returns it. Throws a FaultError that names each wrong
 * field and what it may be. `nodes` is how many nodes there are.
 */
export function checkFault(value: unknown, nodes: number): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FaultError('A fault is an object such as {"kind": "slow", "ms": 500}')
  const fault = value as Record<string, unknown>
  const kind = faultKinds.find((known) => known === fault['kind'])
  if (kind === undefined) throw new FaultError(`kind must be one of ${faultKinds.join(', ')}`)
  const problems = faultProblems(kind, fault, nodes)
  if (problems.length > 0) throw new FaultError(problems.map(({ text }) => text).join('; '))
  return fault as unknown as Fault
}

const readField = (field: string, text: string): unknown => ruleOf(field)?.read?.(text) ?? text

/**
 * Reads a fault from one word of a command line: `kind[:value][,field=value…]`, for example
 * `slow:500,node=0,path=/VirDomain,times=3`. Throws a FaultError.
 */
export function parseFault(text: string, nodes = Infinity): Fault {
  const [head = '', ...fields] = text.split(',')
  const [kind = '', value] = head.split(/:(.*)/s)
  const fault: Record<string, unknown> = { kind }
  if (value !== undefined) {
    const known = faultKinds.find((each) => each === kind)
    const field = (known && faultKind(known).value) ?? 'ms'
    fault[field] = readField(field, value)
  }
  for (const each of fields) {
    const [name = '', given = ''] = each.split(/=(.*)/s)
    fault[name] = readField(name, given)
  }
  return checkFault(fault, nodes)
}
