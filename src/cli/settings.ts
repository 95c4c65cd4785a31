import { resolve } from 'node:path'
import { type ClusterConfig, secretsIn, type SettingKey } from '../config/config.ts'
import {
  type EnvFile,
  type Environment,
  readEnvFile,
  readNamedEnvFile,
  settingsOf
} from '../config/env-file.ts'
import { withSecretFiles } from '../config/secret-files.ts'
import { Redactor } from '../lib/secrets/redactor.ts'
import { isDatabaseAddress } from '../store/postgres/address.ts'
import type { Io } from './io/io.ts'

export interface SettingsOptions {
  /** The settings file. Default: `.env` in the current folder, which may be missing. */
  settings?: string
}

/**
 * The settings file, and what holds: the environment wins over it, and secrets may be in files. From then on the secrets of the
 * settings are redacted in what the command writes.
 * @param shown settings that the command is there to show
 * @throws {CommandError} if a named file is missing, or one cannot be read.
 */
export async function openSettings(
  { cwd, env: given, stdout, stderr }: Io,
  { settings }: SettingsOptions,
  shown: readonly SettingKey[] = []
): Promise<{ file: EnvFile; env: Environment }> {
  const file =
    settings === undefined
      ? await readEnvFile(resolve(cwd, '.env'))
      : await readNamedEnvFile(resolve(cwd, settings))
  const env = await withSecretFiles(settingsOf(file, given), cwd)
  const redactor = new Redactor(secretsIn(env, shown))
  stdout.redactWith(redactor)
  stderr.redactWith(redactor)
  return { file, env }
}

/** Paths in settings are relative to the folder the program was started in. */
export const withPathsFrom = (cwd: string, config: ClusterConfig): ClusterConfig => ({
  ...config,
  sessionFile: resolve(cwd, config.sessionFile),
  store: isDatabaseAddress(config.store) ? config.store : resolve(cwd, config.store),
  tokensFile: resolve(cwd, config.tokensFile),
  auditFile: resolve(cwd, config.auditFile),
  auditKey: resolve(cwd, config.auditKey),
  tlsCaFile: config.tlsCaFile === undefined ? undefined : resolve(cwd, config.tlsCaFile)
})
