import {
  ConfigError,
  loadClusterConfig,
  loadConfig,
  type ClusterConfig
} from '../../config/config.ts'
import type { EnvFile, Environment } from '../../config/env-file.ts'
import { secretFilesIn } from '../../config/secret-files.ts'
import { settingsWarnings } from '../../config/warnings.ts'
import type { HyperCoreOptions } from '../../hypercore/client.ts'
import { isDatabaseAddress } from '../../store/postgres/address.ts'
import { clusterOptions } from '../cluster-options.ts'
import type { Io } from '../io/io.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'
import { checkBridge } from './bridge.ts'
import { checkCluster } from './cluster.ts'
import { checkLedger, checkRecord } from './state.ts'
import {
  checkArchive,
  checkCatalog,
  checkChat,
  checkDirectory,
  checkModelServer,
  checkSignIn
} from './surroundings.ts'
import { checkTokens, tokenAdvice } from './tokens.ts'
import { CheckTable } from './table.ts'

/** Where the bridge's state is not that of this check. */
const keptElsewhere = 'the bridge keeps its state elsewhere; `scale-bridge check` there tries it'

/** The setting that a problem begins with. */
const firstWord = (sentence: string): string | undefined => sentence.split(' ', 1)[0]

/** What is wrong with the settings; empty when `serve` would start with them. */
function problemsOf(load: () => unknown): string[] {
  try {
    load()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

const sourceOf = (file: EnvFile, env: Environment): string =>
  [
    file.exists
      ? `from the environment and ${file.path}`
      : `from the environment (there is no ${file.path})`,
    ...secretFilesIn(env)
      .filter(({ problem }) => problem === undefined)
      .map(({ setting, path }) => `${setting} from ${path}`)
  ].join('; ')

/** The cluster's settings, if they are complete: a missing client token must not hide the rest. */
async function clusterOf(
  { cwd }: Io,
  env: Environment
): Promise<{ config: ClusterConfig; options: HyperCoreOptions } | ConfigError> {
  try {
    const config = withPathsFrom(cwd, loadClusterConfig(env))
    return { config, options: await clusterOptions(config) }
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

async function checkSettings(
  table: CheckTable,
  file: EnvFile,
  env: Environment,
  cluster: ConfigError | undefined
): Promise<void> {
  const problems = problemsOf(() => loadConfig(env))
  for (const problem of cluster?.problems ?? [])
    if (!problems.includes(problem)) problems.push(problem)
  const warnings = await settingsWarnings(file, env)
  if (problems.length > 0)
    table.failed('settings', `wrong or missing, ${sourceOf(file, env)}`, [
      ...problems,
      // What is wrong with a setting is said once.
      ...warnings.filter((warning) => !problems.map(firstWord).includes(firstWord(warning)))
    ])
  else table.ok('settings', sourceOf(file, env), warnings)
}

/**
 * Tries everything the bridge needs and prints a table of it.
 * @param place `keepsStateHere`: false where the bridge will run with another state folder, as in a container
 * of its own: this user may not even see into it, and need not
 * @returns the exit code: 1 if something failed.
 */
export async function check(
  io: Io,
  options: SettingsOptions,
  { keepsStateHere = true }: { keepsStateHere?: boolean } = {}
): Promise<number> {
  const { file, env } = await openSettings(io, options)
  const cluster = await clusterOf(io, env)
  const nodes = cluster instanceof ConfigError ? [] : cluster.config.nodes
  const table = new CheckTable(io.stdout, nodes)
  if (nodes.length > 0) io.stderr.say(`Asking ${nodes.join(', ')} …`)

  await checkSettings(table, file, env, cluster instanceof ConfigError ? cluster : undefined)
  if (cluster instanceof ConfigError)
    for (const name of ['nodes', 'certificates', 'login', 'session', 'version', 'ledger'])
      table.skipped(name, 'requires the settings above')
  else {
    await checkCluster(table, cluster.config, cluster.options, keepsStateHere)
    // A database is the same everywhere.
    if (keepsStateHere || isDatabaseAddress(cluster.config.store))
      await checkLedger(table, cluster.config)
    else table.skipped('ledger', keptElsewhere)
    if (keepsStateHere) await checkRecord(table, cluster.config)
    else table.skipped('record', keptElsewhere)
  }
  // An imported catalog is kept with the state.
  await checkCatalog(table, keepsStateHere ? env : {}, io.cwd)
  checkArchive(table, env)
  await checkDirectory(table, env)
  await checkChat(table, env)
  await checkModelServer(table, env)
  await checkSignIn(table, env)
  if (keepsStateHere) await checkTokens(table, env, io.cwd)
  else table.skipped('tokens', keptElsewhere, tokenAdvice(env))
  await checkBridge(table, env)
  return table.finish()
}
