/** A value that is computed when it is first needed: what a start does not need costs it nothing. */
export function once<T extends object>(compute: () => T): () => T {
  let value: T | undefined
  return () => (value ??= compute())
}
