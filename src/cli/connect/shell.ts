import { tokenPlaceholder } from './identity.ts'
import { shellWord } from '../../lib/text/shell-word.ts'

/** The header of the token as one word; the shell replaces the variable. */
export function authHeaderWord(token: string): string {
  const header = `Authorization: Bearer ${token}`
  return token === tokenPlaceholder ? `"${header}"` : shellWord(header)
}

/** A command for a shell, and what it does. */
export interface ShellLine {
  title: string
  /** Its parts, between which a line may end. */
  parts: string[]
}

/** A command on one line if it fits, else a line for each part. */
export function formatCommand(parts: readonly string[], width: number): string {
  const line = parts.join(' ')
  return line.length <= width ? line : parts.join(' \\\n ')
}
