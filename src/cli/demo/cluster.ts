import { type BridgeConfig, loadBridgeConfig } from '../../config/config.ts'
import type { HyperCoreOptions } from '../../hypercore/client.ts'
import type { Secret } from '../../lib/redactor.ts'
import { defaultSimulatorOptions, type SimulatorOptions } from '../../simulator/options.ts'
import { startSimulator, type Simulator } from '../../simulator/simulator.ts'
import type { Environment } from '../../config/env-file.ts'
import { parseFaults } from '../simulator/faults.ts'
import { newToken } from '../token/client-token.ts'

/** What the simulated cluster of a demo is like. */
export interface DemoClusterOptions extends Partial<
  Pick<SimulatorOptions, 'vms' | 'seed' | 'speed' | 'version'>
> {
  fault?: string[]
}

/** Any archive will do: the simulated cluster writes to none. */
const exportUri = 'smb://demo:demo@archive.example/exports'

const sessionMaxAgeMs = 12 * 3600e3

/**
 * The settings of a bridge in front of a simulated cluster: all that are not about the cluster, with
 * a new token where none is set.
 * @throws {ConfigError} naming every bad variable at once.
 */
export const demoConfig = (env: Environment): BridgeConfig =>
  loadBridgeConfig({ LOG_LEVEL: 'warn', SCALE_EXPORT_URI: exportUri, ...env }, newToken())

/** A simulated cluster in this process. */
export async function startDemoCluster({
  fault = [],
  ...options
}: DemoClusterOptions): Promise<Simulator> {
  const faults = parseFaults(fault, defaultSimulatorOptions.nodes)
  const simulator = await startSimulator(options)
  for (const each of faults) simulator.faults.add(each)
  return simulator
}

/** The simulated cluster as the bridge's cluster, its certificates pinned as a real one's would be. */
export function asCluster(simulator: Simulator): HyperCoreOptions {
  return {
    nodes: simulator.urls,
    username: simulator.world.options.user,
    password: simulator.world.options.password,
    useOidc: false,
    tls: { mode: 'pin', fingerprints: [...simulator.fingerprints] },
    // No session file: nothing of the demo outlives it.
    sessionMaxAgeMs
  }
}

/** What of a demo's cluster nobody may read. */
export const secretsOf = ({ username, password }: HyperCoreOptions): Secret[] => [
  { value: password, user: username }
]
