/** Something that is loaded when it is first needed. */
export interface Lazy<T> {
  /** Loads it unless that is done or running; after a failure, again. */
  get: () => Promise<T>
  /** What is loaded or being loaded; undefined where it was not needed yet, or failed. */
  now: () => Promise<T> | undefined
}

/** Loads once for all callers. A failure is passed to those that wait, and not kept. */
export function loadOnce<T>(load: () => Promise<T>): Lazy<T> {
  let loading: Promise<T> | undefined
  return {
    get() {
      if (loading === undefined) {
        loading = load()
        loading.catch(() => (loading = undefined))
      }
      return loading
    },
    now: () => loading
  }
}
