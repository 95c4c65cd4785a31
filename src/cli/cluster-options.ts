import { readFile } from 'node:fs/promises'
import { ConfigError, type ClusterConfig } from '../config/config.ts'
import type { HyperCoreOptions } from '../hypercore/client.ts'

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
