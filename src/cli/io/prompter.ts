import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandError } from '../../lib/errors/command-error.ts'
import type { Io } from './io.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks questions in a terminal. Typing is shown only while a question that is not secret waits for
 * it; what was typed ahead is kept, hidden, for the next question.
 */
export class Prompter {
  readonly #screen: Terminal
  readonly #interface: Interface
  readonly #lines: string[] = []
  #waiting: ((line: string | undefined) => void) | undefined
  #echo = false
  #closed = false

  constructor({ stdin, stderr }: Io) {
    this.#screen = stderr
    const echo = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#echo) stderr.stream.write(chunk)
        done()
      }
    })
    this.#interface = createInterface({
      input: stdin,
      output: echo,
      terminal: true,
      // The arrow keys must not recall a password.
      historySize: 0
    })
    this.#interface.on('line', (line) => this.#receive(line))
    this.#interface.on('SIGINT', () => this.#interface.close())
    this.#interface.on('close', () => this.#end())
  }

  #receive(line: string): void {
    // At once: the rest of a pasted text may be a password.
    this.#echo = false
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#lines.push(line)
    else waiting(line)
  }

  #end(): void {
    this.#closed = true
    this.#waiting?.(undefined)
    this.#waiting = undefined
  }

  async #ask(question: string, secret: boolean): Promise<string> {
    const kept = this.#lines.shift()
    if (kept !== undefined) {
      this.#screen.line(question)
      return kept
    }
    const answer = await new Promise<string | undefined>((resolve) => {
      if (this.#closed) return resolve(undefined)
      this.#waiting = resolve
      this.#echo = !secret
      if (secret) this.#screen.raw(question)
      this.#interface.setPrompt(question)
      this.#interface.prompt()
    })
    if (secret || answer === undefined) this.#screen.line()
    if (answer === undefined) throw new CommandError('Cancelled: nothing was written', 130)
    return answer
  }

  /** A line of text; `check` throws what is wrong with it, and the question is asked again. */
  async text(
    question: string,
    { fallback = '', check }: { fallback?: string; check?: (answer: string) => void } = {}
  ): Promise<string> {
    const label =
      this.#screen.style('bold', question) + (fallback === '' ? ': ' : ` [${fallback}]: `)
    for (;;) {
      const answer = (await this.#ask(label, false)).trim() || fallback
      try {
        check?.(answer)
        return answer
      } catch (error) {
        this.tell(error instanceof Error ? error.message : 'That is not valid')
      }
    }
  }

  /** A line as it was typed, not shown. */
  async secret(question: string): Promise<string> {
    return this.#ask(`${this.#screen.style('bold', question)} (not shown): `, true)
  }

  /** Yes or no; an empty answer means `fallback`. */
  async confirm(question: string, fallback: boolean): Promise<boolean> {
    const label = `${this.#screen.style('bold', question)} ${fallback ? '[Y/n]' : '[y/N]'} `
    for (;;) {
      const answer = (await this.#ask(label, false)).trim()
      if (answer === '') return fallback
      if (/^y(es)?$/i.test(answer)) return true
      if (/^no?$/i.test(answer)) return false
      this.tell('Please answer y or n')
    }
  }

  /** Says why a question is asked again. */
  tell(text: string): void {
    this.#screen.say(`  ${text}`)
  }

  close(): void {
    this.#interface.close()
  }
}
