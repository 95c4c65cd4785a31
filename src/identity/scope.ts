import type { Effect } from '../lib/effect.ts'

/** What a token may be allowed to do: an effect each, and to approve the plans of others. */
export const scopes = [
  'read',
  'operate',
  'interrupt',
  'lose',
  'egress',
  'control',
  'approve'
] as const

export type Scope = (typeof scopes)[number]

/** The scope that a request of an effect requires. */
export const scopeOf = (effect: Effect): Scope => (effect === 'change' ? 'operate' : effect)

const isScope = (word: string): word is Scope => (scopes as readonly string[]).includes(word)

/**
 * Reads `read,operate`; each once, in the order of `scopes`.
 * @throws {Error} that says which words are allowed
 */
export function parseScopes(text: string): Scope[] {
  const words = text
    .split(/[\s,]+/)
    .map((word) => word.toLowerCase())
    .filter((word) => word !== '')
  const unknown = words.find((word) => !isScope(word))
  if (unknown !== undefined || words.length === 0)
    throw new Error(
      `must be one or more of ${scopes.join(', ')}, comma-separated${unknown === undefined ? '' : `; ${JSON.stringify(unknown)} is none of them`}`
    )
  return scopes.filter((scope) => words.includes(scope))
}
