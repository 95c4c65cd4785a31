import { BridgeError } from '../../src/lib/errors/errors.ts'

/** The BridgeError that a call ends with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<BridgeError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error })
  )
  if ('error' in outcome && outcome.error instanceof BridgeError) return outcome.error
  throw new Error('A BridgeError was expected', {
    cause: 'error' in outcome ? outcome.error : outcome.value
  })
}
