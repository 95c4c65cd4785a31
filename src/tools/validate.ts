import { Ajv, type ValidateFunction } from 'ajv'
import { BridgeError } from '../errors.ts'
import { describeProblem, type ProblemWords } from '../schema-problems.ts'
import { type Tool } from './define-tool.ts'

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  validateFormats: false,
  coerceTypes: false,
  removeAdditional: false
})

const words: ProblemWords = { one: 'argument', whole: 'the body', listAllowed: true }

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
  const problems = [...new Set((check.errors ?? []).map((error) => describeProblem(error, words)))]
  throw new BridgeError('INVALID_ARGUMENT', problems.join('; '), {
    // One problem is the message itself.
    details: problems.length > 1 ? { problems } : {}
  })
}
