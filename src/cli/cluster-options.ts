import { readFile } from 'node:fs/promises'
import { type ClusterConfig, ConfigError, loadClusterConfig } from '../config/config.ts'
import type { HyperCoreOptions } from '../hypercore/client.ts'
import type { Io } from './io/io.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from './settings.ts'

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
    username: cluster.username,
    password: cluster.password,
    useOidc: cluster.useOidc,
    tls: { mode: cluster.tlsMode, fingerprints: cluster.tlsFingerprints, ca },
    sessionFile: cluster.sessionFile,
    sessionMaxAgeMs: cluster.sessionMaxAgeMs
  }
}

/** For a bridge that runs on: the same, and how they are read again after a correction. */
export async function lastingClusterOptions(
  io: Io,
  options: SettingsOptions,
  cluster: ClusterConfig
): Promise<HyperCoreOptions> {
  const readAccess = async (): Promise<HyperCoreOptions> => {
    const { env } = await openSettings(io, options)
    return clusterOptions(withPathsFrom(io.cwd, loadClusterConfig(env)))
  }
  return { ...(await clusterOptions(cluster)), readAccess }
}
