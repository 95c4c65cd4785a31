import { fileModeWarning } from '../lib/files/file-mode.ts'
import { isLoopback } from '../lib/http/loopback.ts'
import type { EnvFile, Environment } from './env-file.ts'
import { secretFilesIn } from './secret-files.ts'
import { settings } from './settings.ts'
import { unknownInEnvironment, unknownInFile } from './unknown-settings.ts'

/** What works, and should still be changed: one sentence each. */

/** That the token crosses the network in clear text; undefined if the bridge listens on loopback. */
export const plainHttpWarning = (host: string): string | undefined =>
  isLoopback(host)
    ? undefined
    : `HOST is ${host}: the token crosses the network in plain HTTP, unless a TLS proxy stands in front`

/** Fewer characters are refused where others than this machine reach the bridge, and warned of where not. */
export const minTokenLength = 16

/** True for a token that could be guessed by trying. */
export const isShortToken = (token: string): boolean => token.length < minTokenLength

/** That the token could be guessed; undefined where it is long enough, or not set at all. */
export const shortTokenWarning = (token: string): string | undefined =>
  token !== '' && isShortToken(token)
    ? `MCP_BEARER_TOKEN has fewer than ${minTokenLength} characters; \`openssl rand -hex 24\` generates a good one`
    : undefined

/** That anybody between here and the cluster can read its password; undefined if certificates are checked. */
export const insecureTlsWarning = (tlsMode: string): string | undefined =>
  tlsMode === 'insecure'
    ? 'SCALE_TLS is insecure: anyone posing as a node gets the cluster password; `scale-bridge pin` and SCALE_TLS=pin end that'
    : undefined

const present = (warnings: readonly (string | undefined)[]): string[] =>
  warnings.filter((warning) => warning !== undefined)

/** File modes in it are set by the container, which has no other user. */
const containerSecrets = '/run/secrets/'

/** The files with secrets whose modes are the user's to set. */
export const filesOfUser = (file: EnvFile, env: Environment): string[] => [
  file.path,
  ...new Set(
    secretFilesIn(env)
      .map(({ path }) => path)
      .filter((path) => !path.startsWith(containerSecrets))
  )
]

/** What is to be changed where settings come from: who may read or change the files, names that would be ignored. */
export async function sourceWarnings(file: EnvFile, env: Environment): Promise<string[]> {
  const isInFile = (name: string): boolean => Object.hasOwn(file.values, name)
  return present([
    ...(await Promise.all(filesOfUser(file, env).map(fileModeWarning))),
    ...unknownInFile(Object.keys(file.values)),
    ...unknownInEnvironment(Object.keys(env).filter((name) => !isInFile(name)))
  ])
}

/** What is to be changed about how a bridge is reached. */
export const listenWarnings = ({ token, host }: { token: string; host: string }): string[] =>
  present([shortTokenWarning(token), plainHttpWarning(host)])

/** Everything of the settings that works, and should still be changed. */
export async function settingsWarnings(file: EnvFile, env: Environment): Promise<string[]> {
  const value = ({ name, fallback = '' }: { name: string; fallback?: string }): string =>
    env[name]?.trim() || fallback
  return [
    ...(await sourceWarnings(file, env)),
    ...listenWarnings({ token: value(settings.token), host: value(settings.host) })
  ]
}
