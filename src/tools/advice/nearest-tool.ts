import { nearest } from '../../lib/text/nearest.ts'

/** What stands between a tool's name and what a client puts before or behind it. */
const separators = /[^a-z0-9]+/

/** A name with one separator around each of its words. */
const wordsOf = (text: string): string => `_${text.toLowerCase().split(separators).join('_')}_`

/** `vm_read` in `mcp__hypercore__vm_read` and `vm_read_post`: the longest name that is whole words of it. */
function nameWithin(word: string, names: readonly string[]): string | undefined {
  const words = wordsOf(word)
  return names
    .filter((name) => words.includes(wordsOf(name)))
    .toSorted((a, b) => b.length - a.length)[0]
}

/** Longer ones cannot be a name. */
const maxNameLength = 200

/**
 * The tool that a name is likely meant to be: misspelt, or with the prefix or suffix that some clients
 * give (`mcp__hypercore__vm_read`, `functions.vm_read`, `vm_read_post`).
 */
export const nearestTool = (name: string, names: readonly string[]): string | undefined =>
  name.length > maxNameLength ? undefined : (nameWithin(name, names) ?? nearest(name, names))
