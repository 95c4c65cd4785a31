import { distance } from 'fastest-levenshtein'
import { fileModeWarning } from '../lib/file-mode.ts'
import { isLoopback } from '../lib/loopback.ts'
import type { EnvFile, Environment } from './env-file.ts'
import { settings } from './settings.ts'

/** What works, and should still be changed: one sentence each. */

const knownNames = Object.values(settings).map(({ name }) => name)

/** Other programs read the same file, compose for one: only these beginnings are ours alone. */
const ownName = /^(SCALE|MCP|LLM)_/

/** How many characters of a name can be wrong: short ones soon look like another program's. */
const maxErrors = (name: string): number => (name.length < 6 ? 1 : 2)

/** The setting that a name is a misspelling of. */
function misspelt(name: string): string | undefined {
  const errors = (known: string): number => distance(name.toUpperCase(), known)
  const [best = ''] = knownNames.toSorted((a, b) => errors(a) - errors(b))
  return errors(best) <= maxErrors(best) ? best : undefined
}

/** A sentence for each name in a settings file that is meant for the bridge and is not a setting. */
export const unknownSettings = (names: readonly string[]): string[] =>
  names
    .filter((name) => !knownNames.includes(name))
    .flatMap((name) => {
      const meant = misspelt(name)
      if (meant === undefined && !ownName.test(name)) return []
      return [`unknown setting ${name}${meant === undefined ? '' : `, did you mean ${meant}?`}`]
    })

/** That the token crosses the network in clear text; undefined if the bridge listens on loopback. */
export const plainHttpWarning = (host: string): string | undefined =>
  isLoopback(host)
    ? undefined
    : `HOST is ${host}: the token crosses the network in plain HTTP, unless a TLS proxy stands in front`

/** Fewer characters are refused off loopback, and warned of on it. */
export const minTokenLength = 16

/** True for a token that could be guessed by trying. */
export const isShortToken = (token: string): boolean => token.length < minTokenLength

export const shortTokenWarning = (token: string): string | undefined =>
  isShortToken(token)
    ? `MCP_BEARER_TOKEN has fewer than ${minTokenLength} characters; \`openssl rand -hex 24\` generates a good one`
    : undefined

/** That anybody between here and the cluster can read its password; undefined if certificates are checked. */
export const insecureTlsWarning = (tlsMode: string): string | undefined =>
  tlsMode === 'insecure'
    ? 'SCALE_TLS is insecure: anyone posing as a node gets the cluster password; `scale-bridge pin` and SCALE_TLS=pin end that'
    : undefined

/** Everything of the settings that works, and should still be changed. */
export async function settingsWarnings(file: EnvFile, env: Environment): Promise<string[]> {
  const value = ({ name, fallback = '' }: { name: string; fallback?: string }): string =>
    env[name]?.trim() || fallback
  return [
    await fileModeWarning(file.path),
    ...unknownSettings(Object.keys(file.values)),
    shortTokenWarning(value(settings.token)),
    plainHttpWarning(value(settings.host))
  ].filter((warning) => warning !== undefined)
}
