import type { Readable } from 'node:stream'
import type { Environment } from '../../config/env-file.ts'
import { type OutputStream, Terminal } from './terminal.ts'

/** Standard input; a terminal if a user can be prompted. */
export type InputStream = Readable & { isTTY?: boolean }

/** A command that runs until it is stopped. */
export interface Lifetime {
  /** Ends it as a signal would. */
  end(): void
  /** Its exit code. A process exits instead. */
  ended: Promise<number>
}

/** Ctrl-C, handled by the command. */
export interface Interrupt {
  signal: AbortSignal
  /** Ctrl-C ends the process again. */
  release(): void
}

/** What commands use instead of the process; tests pass their own. */
export interface Io {
  stdin: InputStream
  /** The result; plain in a pipe. */
  stdout: Terminal
  /** Everything else: warnings, progress, questions. */
  stderr: Terminal
  env: Environment
  /** The folder that paths are relative to. */
  cwd: string
  /**
   * Keeps the command running; `close` runs once, when it ends.
   * @param close gets a signal that is aborted once the command is stopped from outside
   */
  untilStopped(close: (told: AbortSignal) => Promise<void>): Promise<Lifetime>
  catchInterrupt(): Interrupt
}

export interface IoParts extends Omit<Io, 'stdout' | 'stderr'> {
  stdout: OutputStream
  stderr: OutputStream
  /** How the program is called, for what it prints. */
  callName: () => string
}

export const createIo = (parts: IoParts): Io => ({
  // Opened only by a command that reads it.
  get stdin() {
    return parts.stdin
  },
  stdout: new Terminal(parts.stdout, parts.env, parts.callName),
  stderr: new Terminal(parts.stderr, parts.env, parts.callName),
  env: parts.env,
  cwd: parts.cwd,
  untilStopped: parts.untilStopped,
  catchInterrupt: parts.catchInterrupt
})

/** True where a user can be prompted. */
export const canAsk = ({ stdin, stderr }: Io): boolean =>
  stdin.isTTY === true && stderr.stream.isTTY === true

/** A warning, on standard error. */
export const warn = ({ stderr }: Io, text: string): void =>
  stderr.say(`${stderr.style('yellow', 'Warning:')} ${text}`)
