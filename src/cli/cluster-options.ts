import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type ClusterConfig, ConfigError, loadClusterConfig, settings } from '../config/config.ts'
import type { Environment } from '../config/env-file.ts'
import { secretFilesIn } from '../config/secret-files.ts'
import type { AccessSource, HyperCoreOptions } from '../hypercore/client.ts'
import { stampOf } from '../lib/files/file-stamp.ts'
import { failureDuringUpdate } from '../views/update.ts'
import type { Io } from './io/io.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from './settings.ts'

/** For commands that a user waits for: a node that is slow is reported soon. */
export const promptTimeouts = { connectMs: 5000, headersMs: 10_000, bodyMs: 10_000 }

async function readAuthorities(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new ConfigError([`SCALE_TLS_CA names a file that cannot be read (${code})`])
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new ConfigError(['SCALE_TLS_CA names a file that holds no PEM certificate'])
  return text
}

/**
 * What the cluster client needs, from the settings.
 * @throws {ConfigError} if the file of SCALE_TLS_CA is of no use.
 */
export async function clusterOptions(cluster: ClusterConfig): Promise<HyperCoreOptions> {
  const ca = cluster.tlsCaFile === undefined ? undefined : await readAuthorities(cluster.tlsCaFile)
  return {
    nodes: cluster.nodes,
    ...(cluster.discover && { discover: {} }),
    username: cluster.username,
    password: cluster.password,
    useOidc: cluster.useOidc,
    tls: { mode: cluster.tlsMode, fingerprints: cluster.tlsFingerprints, ca },
    sessionFile: cluster.sessionFile,
    sessionMaxAgeMs: cluster.sessionMaxAgeMs,
    updateNote: failureDuringUpdate
  }
}

/** The settings that a running bridge takes over when they change. */
const accessNames = [
  settings.username,
  settings.password,
  settings.useOidc,
  settings.tlsMode,
  settings.tlsFingerprints,
  settings.tlsCaFile
].map(({ name }) => name)

/** The files that hold such settings. */
const accessFiles = (env: Environment): string[] =>
  secretFilesIn(env)
    .filter(({ setting }) => accessNames.includes(setting))
    .map(({ path }) => path)

/**
 * Reads login and TLS settings again once the settings file, that of SCALE_TLS_CA or of SCALE_PASSWORD_FILE
 * has changed.
 * Another SCALE_HOST is refused: the password of one cluster must never reach another.
 */
function accessSource(
  io: Io,
  options: SettingsOptions,
  present: ClusterConfig,
  settingsAtStart: Environment
): AccessSource {
  const path = resolve(io.cwd, options.settings ?? '.env')
  let { tlsCaFile } = present
  let secretFiles = accessFiles(settingsAtStart)
  let seen: string | undefined
  const stamp = async (): Promise<string> => {
    const files = [path, ...secretFiles, ...(tlsCaFile === undefined ? [] : [tlsCaFile])]
    return (await Promise.all(files.map(stampOf))).join()
  }
  return {
    fixed: accessNames.filter((name) => io.env[name] !== undefined),
    async read() {
      // Before the files: what is written meanwhile is seen next time.
      const now = await stamp()
      if (now === seen) return undefined
      try {
        const { env } = await openSettings(io, options)
        secretFiles = accessFiles(env)
        const config = withPathsFrom(io.cwd, loadClusterConfig(env))
        if (!isDeepStrictEqual(config.nodes, present.nodes))
          throw new ConfigError(['SCALE_HOST has changed too, which takes a restart'])
        tlsCaFile = config.tlsCaFile
        return await clusterOptions(config)
      } finally {
        seen = now
      }
    }
  }
}

/** For a bridge that runs on: the same, and where corrected settings are read from. */
export const lastingClusterOptions = async (
  io: Io,
  options: SettingsOptions,
  cluster: ClusterConfig,
  env: Environment
): Promise<HyperCoreOptions> => ({
  ...(await clusterOptions(cluster)),
  accessSource: accessSource(io, options, cluster, env)
})
