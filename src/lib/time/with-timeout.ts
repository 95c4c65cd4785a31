import { afterSilence } from './after-silence.ts'

/** The result of `work`, or what `late` returns or throws if it takes longer. The work continues. */
export function withTimeout<T>(work: Promise<T>, timeoutMs: number, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = afterSilence(timeoutMs, () => {
      try {
        resolve(late())
      } catch (error) {
        reject(error)
      }
    })
    work.then(resolve, reject).finally(cancel)
  })
}
