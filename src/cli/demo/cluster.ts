import { type BridgeConfig, loadBridgeConfig } from '../../config/config.ts'
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
