import type { Io } from './io/io.ts'

/** What every command is built with. */
export interface CommandContext {
  io: Io
  /** Runs a command; what it returns is the exit code, 0 if nothing. */
  run: <Given extends unknown[]>(
    command: (...given: Given) => Promise<number | void>
  ) => (...given: Given) => Promise<void>
}
