/** What closes what was started: a test, or the evaluation outside of tests. */
export interface Owner {
  teardown(handler: () => unknown): void
}

/** Does the work with an owner of its own, and closes afterwards what it started, the last first. */
export async function withOwner<T>(work: (owner: Owner) => Promise<T>): Promise<T> {
  const closing: (() => unknown)[] = []
  try {
    return await work({ teardown: (handler) => void closing.unshift(handler) })
  } finally {
    for (const close of closing) await close()
  }
}
