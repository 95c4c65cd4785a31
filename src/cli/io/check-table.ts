import type { Style, Terminal } from './terminal.ts'

type Result = 'ok' | 'failed' | 'skipped'

const styles: Record<Result, Style> = { ok: 'green', failed: 'red', skipped: 'yellow' }

/** A table that grows line by line, so that slow checks show progress. */
export class CheckTable {
  readonly #terminal: Terminal
  readonly #width: number
  #failures = 0

  /** `origins` are the nodes that lines will name, for the width of the column. */
  constructor(terminal: Terminal, origins: readonly string[]) {
    this.#terminal = terminal
    this.#width = Math.max(...origins.map((origin) => nodeRow('certificate', origin).length), 14)
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
    const mark = this.#terminal.style(styles[result], result.padEnd(7))
    this.#terminal.line(`${mark}  ${check.padEnd(this.#width)}  ${detail}`)
    const indent = ' '.repeat(9 + this.#width + 2)
    for (const line of advice) this.#terminal.line(`${indent}-> ${line}`)
  }
}

/** The name of a line about one node: `node 10.20.0.11`. */
export const nodeRow = (check: 'node' | 'certificate', origin: string): string =>
  `${check} ${new URL(origin).host}`
