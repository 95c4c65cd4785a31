import { BridgeError } from '../../lib/errors/errors.ts'
import { nestedTooDeep } from '../../lib/json/json.ts'
import { isNestedTooDeep } from '../../lib/json/json-depth.ts'
import { refuseTooMuch } from '../../lib/json/refuse-too-much.ts'

/**
 * A caller's payload as a JSON value; undefined if none is to be sent. Text is taken as JSON, because
 * some clients can send only that.
 * @throws {BridgeError} INVALID_ARGUMENT if it is not JSON, nested without end, or too much.
 */
export function parsePayload(payload: unknown): unknown {
  let value: unknown = payload ?? undefined
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined
    if (isNestedTooDeep(value)) throw new BridgeError('INVALID_ARGUMENT', nestedTooDeep('payload'))
    try {
      value = JSON.parse(value) as unknown
    } catch {
      throw new BridgeError(
        'INVALID_ARGUMENT',
        'payload is text but not valid JSON: send an object, an array, or JSON text such as {"name": "web-01"}'
      )
    }
  }
  refuseTooMuch('payload', value)
  return value
}
