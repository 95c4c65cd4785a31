import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Writes lines to one stream; styles only where somebody sees them and nobody said NO_COLOR. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream
  readonly coloured: boolean

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.coloured = stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  }

  /** The text in a style, or as it is. */
  style(style: Style, text: string): string {
    return this.coloured ? styleText(style, text, { validateStream: false }) : text
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`)
  }

  raw(text: string): void {
    this.#stream.write(text)
  }
}

/** What was asked for; a pipe gets it plain. */
export const output = new Terminal(process.stdout)

/** Warnings, progress and what else is not the answer. */
export const notes = new Terminal(process.stderr)

/** One line of a warning. */
export const warn = (text: string): void =>
  notes.line(`${notes.style('yellow', 'Warning:')} ${text}`)
