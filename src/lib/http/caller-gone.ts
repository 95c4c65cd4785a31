import { BridgeError } from '../errors/errors.ts'

/** The caller ended the call; no client is left to read this. */
export function callerGone(): BridgeError {
  return new BridgeError('CALLER_GONE', 'The caller went away before the response was there.')
}

/**
 * Waits for something shared; a caller that goes away stops waiting and ends nothing. Its failure is taken
 * care of here also where the caller has left before.
 */
export function abortable<T>(shared: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal?.aborted === true) {
    // It may have no other holder: an unhandled failure ends the process.
    shared.catch(() => undefined)
    return Promise.reject(callerGone())
  }
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(callerGone())
    signal?.addEventListener('abort', leave, { once: true })
    void shared.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave))
  })
}
