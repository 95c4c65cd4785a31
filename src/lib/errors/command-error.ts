/** Ends a command with a message for its user and no stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** 1: it failed. 2: settings or options are invalid. */
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
