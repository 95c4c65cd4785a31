import { stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { distance } from 'fastest-levenshtein'
import type { BridgeConfig } from './config.ts'
import type { Environment } from './env-file.ts'
import { settings } from './settings.ts'

/** What is allowed, and probably not meant: one sentence each. */

/** A name that is no setting, and the one it looks like. */
export interface UnknownSetting {
  name: string
  meant: string
}

const knownNames = Object.values(settings).map(({ name }) => name)

/** How many characters of a name can be wrong: short ones soon look like another program's. */
const maxErrors = (name: string): number => (name.length < 6 ? 1 : 2)

/**
 * Names in an environment, or in a settings file, that are no setting but look like one:
 * `SCALE_PASWORD`. Others belong to other programs.
 */
export function unknownSettings(env: Environment): UnknownSetting[] {
  return Object.keys(env).flatMap((name) => {
    if (knownNames.includes(name)) return []
    const errors = (known: string): number => distance(name.toUpperCase(), known)
    const meant = knownNames.toSorted((a, b) => errors(a) - errors(b))[0] ?? ''
    return errors(meant) <= maxErrors(meant) ? [{ name, meant }] : []
  })
}

export const unknownSettingWarning = ({ name, meant }: UnknownSetting): string =>
  `unknown setting ${name}, did you mean ${meant}?`

/**
 * That others than its owner can read a file with secrets; undefined if they cannot, if there is no
 * such file, and on Windows, which has no such modes.
 */
export async function fileModeWarning(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined
  const mode = await stat(path).then(
    (file) => file.mode,
    () => 0
  )
  return (mode & 0o044) === 0
    ? undefined
    : `${path} holds secrets and is readable by others: chmod 600 ${path}`
}

/** Whether a name or address is this machine's own: nothing sent to it crosses a network. */
export const isLoopback = (host: string): boolean =>
  isIP(host) === 0 ? host.toLowerCase() === 'localhost' : /^(127\.|::1$|::ffff:127\.)/.test(host)

/** That the token crosses the network in clear text; undefined if the bridge listens on loopback. */
export const plainHttpWarning = ({ host }: Pick<BridgeConfig, 'host'>): string | undefined =>
  isLoopback(host)
    ? undefined
    : `HOST=${host} serves plain HTTP to the network: the token can be read on the way. ` +
      'Put a TLS reverse proxy in front, or use HOST=127.0.0.1'
