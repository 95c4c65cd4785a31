import { tokenPlaceholder } from './identity.ts'
import { shellWord } from '../../lib/shell-word.ts'

/** The header of the token as one word; the shell puts the variable in. */
export function authHeaderWord(token: string): string {
  const header = `Authorization: Bearer ${token}`
  return token === tokenPlaceholder ? `"${header}"` : shellWord(header)
}

/** A line for a shell, and what it does. */
export interface ShellLine {
  title: string
  line: string
}
