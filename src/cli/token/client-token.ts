import { randomBytes } from 'node:crypto'
import { shortTokenWarning } from '../../config/warnings.ts'
import { type Io, warn } from '../io/io.ts'

/** A client token that cannot be guessed. */
export const newToken = (): string => randomBytes(24).toString('hex')

export function warnOfShortToken(io: Io, token: string): void {
  const warning = shortTokenWarning(token)
  if (warning !== undefined) warn(io, warning)
}
