/** What the cluster client writes its log to; a pino logger fits. Fields never hold secrets. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** For callers that keep no log. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {} }
