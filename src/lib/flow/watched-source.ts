import { abortable } from '../http/caller-gone.ts'

/** What ends a source that does not end by itself. */
export interface SourceWatch {
  /** Max pause between two pieces. */
  stallMs: number
  /** Thrown where it is longer. */
  stalled: () => Error
  /** Ends it at once. */
  ends: AbortSignal
  /** Thrown then. */
  ended: () => Error
}

/** The pieces of a source, each waited for so long at most; the source is notified when the reader stops. */
export async function* watchSource(
  source: AsyncIterable<Uint8Array>,
  { stallMs, stalled, ends, ended }: SourceWatch
): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      if (ends.aborted) throw ended()
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), stallMs)
      const next = pieces.next()
      // It may fail after its last caller left.
      next.catch(() => undefined)
      try {
        const piece = await abortable(next, AbortSignal.any([ends, late.signal]))
        if (piece.done === true) return
        yield piece.value
      } catch (error) {
        throw ends.aborted ? ended() : late.signal.aborted ? stalled() : error
      } finally {
        clearTimeout(timer)
      }
    }
  } finally {
    // Not waited for: a source that hangs does not end on request.
    void pieces.return?.()?.catch(() => undefined)
  }
}
