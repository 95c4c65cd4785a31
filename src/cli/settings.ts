import { resolve } from 'node:path'
import type { ClusterConfig } from '../config/config.ts'
import {
  type EnvFile,
  type Environment,
  readEnvFile,
  readNamedEnvFile,
  settingsOf
} from '../config/env-file.ts'
import type { Io } from './io/io.ts'

export interface SettingsOptions {
  /** The settings file. Default: `.env` in the current folder, which may be missing. */
  settings?: string
}

/**
 * The settings file, and what holds: the environment wins over it.
 * @throws {CommandError} if a named file is missing, or one cannot be read.
 */
export async function openSettings(
  { cwd, env }: Io,
  { settings }: SettingsOptions
): Promise<{ file: EnvFile; env: Environment }> {
  const file =
    settings === undefined
      ? await readEnvFile(resolve(cwd, '.env'))
      : await readNamedEnvFile(resolve(cwd, settings))
  return { file, env: settingsOf(file, env) }
}

/** Paths in settings are relative to the folder the program was started in. */
export const withPathsFrom = (cwd: string, config: ClusterConfig): ClusterConfig => ({
  ...config,
  sessionFile: resolve(cwd, config.sessionFile),
  storeFolder: resolve(cwd, config.storeFolder),
  tlsCaFile: config.tlsCaFile === undefined ? undefined : resolve(cwd, config.tlsCaFile)
})
