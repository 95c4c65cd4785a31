/**
 * Reads a stream of server-sent events as it comes in pieces, cut anywhere, and hands out the data
 * of each event. Comments, which some servers send to keep the connection open, names and ids are
 * left out.
 */
export class EventStream {
  #rest = ''
  #data: string[] = []

  /** The data of the events that this piece completes. */
  push(piece: string): string[] {
    const text = this.#rest + piece
    // A \r at the end may be half of a line end.
    const lines = text.split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line))
  }

  /** How many characters wait for the end of their event. */
  get pending(): number {
    return this.#rest.length
  }

  /** The data of a last event without the empty line that should end it. */
  end(): string[] {
    const lines = [this.#rest.replace(/\r$/, ''), '']
    this.#rest = ''
    return lines.flatMap((line) => this.#line(line))
  }

  #line(line: string): string[] {
    if (line === '') {
      const data = this.#data.join('\n')
      this.#data = []
      return data === '' ? [] : [data]
    }
    const field = /^data: ?(.*)$/s.exec(line)
    if (field !== null) this.#data.push(field[1] ?? '')
    return []
  }
}
