import { BridgeError } from '../errors/errors.ts'
import { refuseDeepNesting } from './json.ts'
import { sizeProblem } from './json-size.ts'

/**
 * Refuses a value that is nested too deep, or that holds more than any call needs, before anything walks
 * it.
 * @param name what the message calls the value
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseTooMuch(name: string, value: unknown): void {
  refuseDeepNesting(name, value)
  const problem = sizeProblem(value)
  if (problem !== undefined)
    throw new BridgeError('INVALID_ARGUMENT', `${name} ${problem}: send it in several calls`)
}
