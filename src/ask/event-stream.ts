import { createParser, type EventSourceParser } from 'eventsource-parser'

/** An event grew beyond the limit. */
export class EventTooLong extends Error {
  override readonly name = 'EventTooLong'
}

/**
 * Reads a stream of server-sent events as it comes in pieces, cut anywhere, and hands out the data
 * of each event. Comments, which some servers send to keep the connection open, names and ids are
 * left out.
 */
export class EventStream {
  readonly #parser: EventSourceParser
  #events: string[] = []
  #isTooLong = false

  /** @param maxChars of an event that has not ended */
  constructor(maxChars: number) {
    this.#parser = createParser({
      maxBufferSize: maxChars,
      onEvent: ({ data }) => void this.#events.push(data),
      onError: ({ type }) => {
        // Other errors are fields that mean nothing, which a reader has to ignore.
        if (type === 'max-buffer-size-exceeded') this.#isTooLong = true
      }
    })
  }

  /**
   * The data of the events that this piece completes.
   * @throws {EventTooLong} after the events before it were handed out
   */
  *push(piece: string): Generator<string, void> {
    this.#parser.feed(piece)
    const events = this.#events
    this.#events = []
    // One without data says nothing.
    yield* events.filter((data) => data !== '')
    if (this.#isTooLong) throw new EventTooLong()
  }

  /** The data of a last event without the empty line that should end it. */
  end(): Generator<string, void> {
    return this.push('\n\n')
  }
}
