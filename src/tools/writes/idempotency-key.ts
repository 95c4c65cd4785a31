import { BridgeError } from '../../lib/errors/errors.ts'

/**
 * The caller's own name for a call, from the header `Idempotency-Key`; undefined where it sent none.
 * @throws {BridgeError} INVALID_ARGUMENT for one that is too long or not printable
 */
export function idempotencyKeyOf(
  headers: Readonly<Record<string, string | string[] | undefined>>
): string | undefined {
  const given = headers['idempotency-key']
  const key = (Array.isArray(given) ? given[0] : given)?.trim()
  if (key === undefined || key === '') return undefined
  if (/^[\x20-\x7e]{1,200}$/.test(key)) return key
  throw new BridgeError(
    'INVALID_ARGUMENT',
    'The header Idempotency-Key must be 1 to 200 printable ASCII characters, such as a uuid'
  )
}
