import type { ErrorObject } from 'ajv'
import { BridgeError } from '../../lib/errors/errors.ts'
import type { Tool } from '../define-tool.ts'
import { describeProblem, type ProblemWords } from '../../lib/json/validation-problems.ts'
import { checkOf } from './check.ts'

const words: ProblemWords = { one: 'argument', whole: 'the body', explain: true }

/** Enough to fix a call; a list of a million wrong entries has as many problems. */
const maxProblems = 20

/** An unknown argument of a list may be a field to look for: the filter takes those. */
function filterHint(
  tool: Pick<Tool, 'input'>,
  { keyword, params, instancePath, data }: ErrorObject
): string {
  if (keyword !== 'additionalProperties' || instancePath !== '') return ''
  if (tool.input.properties['filter'] === undefined) return ''
  const name = String((params as { additionalProperty: unknown }).additionalProperty)
  const value = (data as Record<string, unknown>)[name]
  return typeof value === 'string' && /^[\w.-]{1,40}$/.test(value)
    ? `; to look for a value, pass filter "${name}:${value}"`
    : ''
}

/**
 * Checks arguments against the tool's input schema, strictly: nothing is coerced or dropped.
 * @param found what is known to be wrong already, a sentence each
 * @throws {BridgeError} INVALID_ARGUMENT with every problem in plain words.
 */
export function validateArguments(
  tool: Pick<Tool, 'input'>,
  args: unknown,
  found: readonly string[] = []
): asserts args is Record<string, unknown> {
  const check = checkOf(tool.input)
  if (check(args) && found.length === 0) return
  const errors = check.errors ?? []
  const sentences = errors
    .slice(0, maxProblems)
    .map((error) => describeProblem(error, words) + filterHint(tool, error))
  const problems = [...new Set([...found.slice(0, maxProblems), ...sentences])]
  if (errors.length > maxProblems) problems.push(`${errors.length - maxProblems} more problems`)
  throw new BridgeError('INVALID_ARGUMENT', problems.join('; '), {
    // One problem is the message itself.
    details: problems.length > 1 ? { problems } : {}
  })
}
