import { styleText } from 'node:util'
import type { Writable } from 'node:stream'
import type { Environment } from '../../config/env-file.ts'
import type { Redactor } from '../../lib/secrets/redactor.ts'
import { revealHidden } from '../../lib/text/visible-text.ts'
import { wrap } from './layout.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** A stream that may be a terminal. */
export type OutputStream = Writable & { isTTY?: boolean; columns?: number; fd?: number }

/** Backquoted commands, and lines that begin with one; not the product's name in a sentence. */
const ownCommand = /(?<=`|^ *(?:\w+=\S+ )*)scale-bridge(?= [a-z[<-])/gm

/** The styles that are written here; whatever else controls a terminal came with a text of others. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const ownStyles = /(\u001b\[(?:1|2|22|31|32|33|36|39)m)/

/**
 * Writes text to one stream. Styles only on a terminal without NO_COLOR; wraps only where the width
 * is known. Texts name the program `scale-bridge`; what is written is how it is called here.
 */
export class Terminal {
  readonly stream: OutputStream
  readonly coloured: boolean
  readonly #env: Environment
  readonly #callName: () => string
  #redactor: Redactor | undefined

  constructor(stream: OutputStream, env: Environment, callName: () => string) {
    this.stream = stream
    this.#env = env
    this.#callName = callName
    this.coloured = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  }

  /** Characters per line: COLUMNS, or the terminal's; infinite in a pipe. */
  get width(): number {
    const columns = Number(this.#env['COLUMNS'] || (this.stream.isTTY ? this.stream.columns : 0))
    return columns >= 40 ? columns : Infinity
  }

  /** The text in a style, or as it is. */
  style(style: Style, text: string): string {
    return this.coloured ? styleText(style, text, { validateStream: false }) : text
  }

  /** A text with the program's commands as they are typed here. */
  named(text: string): string {
    return this.#presented(text.replace(ownCommand, this.#callName))
  }

  /** From now on known secrets are redacted in what is written. */
  redactWith(redactor: Redactor): void {
    this.#redactor = redactor
  }

  /** A line as it is: data, or text that is laid out already. */
  line(text = ''): void {
    this.raw(`${this.named(text)}\n`)
  }

  /** Prose, in lines that fit. */
  say(text: string): void {
    for (const line of wrap(this.named(text), this.width)) this.raw(`${line}\n`)
  }

  raw(text: string): void {
    this.stream.write(this.#presented(text))
  }

  /** Before it is wrapped, too: a secret may be wrapped in the middle. */
  #presented(text: string): string {
    const redacted = this.#redactor?.redact(text) ?? text
    if (!this.coloured) return revealHidden(redacted)
    return redacted
      .split(ownStyles)
      .map((part, i) => (i % 2 === 1 ? part : revealHidden(part)))
      .join('')
  }
}
