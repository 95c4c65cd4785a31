import { ConfigError, loadClusterConfig, loadConfig, type ClusterConfig } from '../config/config.ts'
import { CheckTable } from './io/check-table.ts'
import { checkCluster } from './check-cluster.ts'
import { checkArchive, checkCatalog, checkChat, checkDirectory } from './check-surroundings.ts'
import { clusterOptions } from './cluster-options.ts'
import { readEnvFile, settingsOf, type EnvFile, type Environment } from '../config/env-file.ts'
import type { HyperCoreOptions } from '../hypercore/client.ts'
import { notes, output } from './io/terminal.ts'
import { isShortToken } from './token.ts'

/** What stands wrong with the settings; empty when `serve` would start with them. */
function problemsOf(load: () => unknown): string[] {
  try {
    load()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

function sourceOf(file: EnvFile): string {
  return file.exists
    ? `from the environment and ${file.path}`
    : 'from the environment (no .env here)'
}

/** The cluster's settings, if they are whole: a missing client token must not hide the rest. */
async function clusterOf(
  env: Environment
): Promise<{ config: ClusterConfig; options: HyperCoreOptions } | ConfigError> {
  try {
    const config = loadClusterConfig(env)
    return { config, options: await clusterOptions(config) }
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/**
 * Tries everything the bridge needs and prints a table of it.
 * @returns the exit code: 1 if something failed.
 */
export async function check(): Promise<number> {
  const file = await readEnvFile()
  const env = settingsOf(file)
  const cluster = await clusterOf(env)
  const nodes = cluster instanceof ConfigError ? [] : cluster.config.nodes
  const table = new CheckTable(output, nodes)
  if (nodes.length > 0) notes.line(`Asking ${nodes.join(', ')} …`)

  const problems = problemsOf(() => loadConfig(env))
  if (cluster instanceof ConfigError)
    problems.push(...cluster.problems.filter((problem) => !problems.includes(problem)))
  if (problems.length > 0) table.failed('settings', `wrong or missing, ${sourceOf(file)}`, problems)
  else {
    const short = isShortToken(env['MCP_BEARER_TOKEN']?.trim() ?? '')
    table.ok(
      'settings',
      sourceOf(file),
      short ? ['MCP_BEARER_TOKEN is short; `openssl rand -hex 24` makes a good one'] : []
    )
  }

  if (cluster instanceof ConfigError)
    for (const name of ['nodes', 'certificates', 'login', 'session', 'version'])
      table.skipped(name, 'needs the settings above')
  else await checkCluster(table, cluster.config, cluster.options)
  await checkCatalog(table, env)
  checkArchive(table, env)
  await checkDirectory(table, env)
  await checkChat(table, env)
  return table.finish()
}
