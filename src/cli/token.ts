import { randomBytes } from 'node:crypto'
import { type Io, warn } from './io/io.ts'

const minTokenLength = 16

/** A client token that nobody guesses. */
export const newToken = (): string => randomBytes(24).toString('hex')

/** True for a token that could be guessed by trying. */
export const isShortToken = (token: string): boolean => token.length < minTokenLength

export function warnOfShortToken(io: Io, token: string): void {
  if (isShortToken(token))
    warn(
      io,
      `MCP_BEARER_TOKEN has fewer than ${minTokenLength} characters; \`openssl rand -hex 24\` generates a good one`
    )
}
