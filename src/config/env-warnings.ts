import { stat } from 'node:fs/promises'
import { distance } from 'fastest-levenshtein'
import { settings } from './config.ts'

const known: string[] = Object.values(settings).map(({ name }) => name)

/** Other programs read the same file, compose for one: only these beginnings are ours alone. */
const ownName = /^(SCALE|MCP|LLM)_/

/** Shorter names are near to too many others. */
const minMisspeltLength = 5

/** The setting that a name is a misspelling of: a typing error or two. */
function misspelt(name: string): string | undefined {
  if (name.length < minMisspeltLength) return undefined
  const [best] = known
    .map((setting) => ({ setting, wrong: distance(name.toUpperCase(), setting) }))
    .toSorted((a, b) => a.wrong - b.wrong)
  return best !== undefined && best.wrong <= 2 ? best.setting : undefined
}

/** A sentence for each name in a settings file that is meant for the bridge and is no setting. */
export const unknownSettings = (names: readonly string[]): string[] =>
  names
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = misspelt(name)
      if (meant === undefined && !ownName.test(name)) return []
      return [`unknown setting ${name}` + (meant === undefined ? '' : `, did you mean ${meant}?`)]
    })

/** What is wrong with the mode of a file that holds secrets; undefined if others cannot read it. */
export async function fileModeWarning(path: string): Promise<string | undefined> {
  // Windows has no such modes.
  if (process.platform === 'win32') return undefined
  const { mode } = await stat(path)
  if ((mode & 0o007) === 0) return undefined
  const shown = (mode & 0o777).toString(8).padStart(3, '0')
  return `${path} can be read by every user (mode ${shown}): \`chmod 600 ${path}\``
}
