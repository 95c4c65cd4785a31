import { hash } from 'node:crypto'

/** SHA-256, hex. Beside the body itself, which may hold secrets, nothing else tells two bodies apart for certain. */
export const bodyHash = (body: unknown): string =>
  hash('sha256', body === undefined ? '' : JSON.stringify(body))
