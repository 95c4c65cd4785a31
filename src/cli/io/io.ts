import type { Readable } from 'node:stream'
import type { Environment } from '../../config/env-file.ts'
import { type OutputStream, Terminal } from './terminal.ts'

/** Standard input; a terminal where somebody can be asked. */
export type InputStream = Readable & { isTTY?: boolean }

/** A command that runs until it is told to stop. */
export interface Lifetime {
  /** Ends it as a signal would. */
  end(): void
  /** Its exit code. A process exits instead. */
  ended: Promise<number>
}

/** Ctrl-C as something a command deals with itself. */
export interface Interrupt {
  signal: AbortSignal
  /** Ctrl-C ends the process again. */
  release(): void
}

/** What commands are given instead of the process: tests give them something else. */
export interface Io {
  stdin: InputStream
  /** What was asked for; a pipe gets it plain. */
  stdout: Terminal
  /** Warnings, progress, questions and what else is not the result. */
  stderr: Terminal
  env: Environment
  /** The folder that paths are relative to. */
  cwd: string
  /** Keeps the command running; `close` runs when it is told to stop. */
  untilStopped(close: () => Promise<void>): Promise<Lifetime>
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

/** True where a person can be asked. */
export const canAsk = ({ stdin, stderr }: Io): boolean =>
  stdin.isTTY === true && stderr.stream.isTTY === true

/** A warning, on standard error. */
export const warn = ({ stderr }: Io, text: string): void =>
  stderr.say(`${stderr.style('yellow', 'Warning:')} ${text}`)
