import { hang, wrap } from '../io/layout.ts'
import type { Style, Terminal } from '../io/terminal.ts'

type Result = 'ok' | 'failed' | 'skipped'

const styles: Record<Result, Style> = { ok: 'green', failed: 'red', skipped: 'yellow' }

const resultWidth = 9

/** With less room than this the detail goes below the name. */
const minDetailWidth = 36

/** A table printed row by row, so that slow checks show progress. */
export class CheckTable {
  readonly #terminal: Terminal
  readonly #nameWidth: number
  #failures = 0

  /** `origins` are the nodes that rows will name, for the width of the column. */
  constructor(terminal: Terminal, origins: readonly string[]) {
    this.#terminal = terminal
    const names = origins.map((origin) => nodeRow('certificate', origin).length)
    this.#nameWidth = Math.max(...names, 14) + 2
  }

  ok(check: string, detail: string, advice: readonly string[] = []): void {
    this.#row('ok', check, detail, advice)
  }

  failed(check: string, detail: string, advice: readonly string[] = []): void {
    this.#failures += 1
    this.#row('failed', check, detail, advice)
  }

  skipped(check: string, detail: string, advice: readonly string[] = []): void {
    this.#row('skipped', check, detail, advice)
  }

  /** The last line, and the exit code. */
  finish(): number {
    this.#terminal.line()
    const count = this.#failures
    this.#terminal.line(
      count === 0
        ? 'Nothing failed.'
        : this.#terminal.style('red', `${count} check${count === 1 ? '' : 's'} failed.`)
    )
    return count === 0 ? 0 : 1
  }

  #row(result: Result, check: string, detail: string, advice: readonly string[]): void {
    const terminal = this.#terminal
    const { width } = terminal
    const mark = terminal.style(styles[result], result.padEnd(resultWidth))
    const stacked = width - resultWidth - this.#nameWidth < minDetailWidth
    const indent = ' '.repeat(resultWidth + (stacked ? 2 : this.#nameWidth))
    const [first = '', ...more] = wrap(terminal.named(detail), width - indent.length)
    if (stacked) {
      terminal.raw(`${mark}${check}\n${indent}${first}\n`)
    } else terminal.raw(`${mark}${check.padEnd(this.#nameWidth)}${first}\n`)
    for (const line of more) terminal.raw(`${indent}${line}\n`)
    for (const text of advice)
      for (const line of hang(`${indent}-> `, terminal.named(text), width))
        terminal.raw(`${line}\n`)
  }
}

/** The name of a row about one node: `node 10.20.0.11`. */
export const nodeRow = (check: 'node' | 'certificate', origin: string): string =>
  `${check} ${new URL(origin).host}`
