import type { Test } from 'tap'
import type { HyperCoreOptions } from '../../src/hypercore/client.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { clientFor, type TestClient } from './cluster-client.ts'
import { type HostileCluster, startHostileCluster } from './hostile-proxy.ts'
import { simulatorFor } from './simulator.ts'

/** A production client before a simulated cluster, with a hostile proxy before each node. */
export interface HostileSetup extends TestClient {
  simulator: Simulator
  proxies: HostileCluster
  /** How often something was asked of each node. */
  counts: (method: string, path: RegExp) => number[]
}

/** Everything ends with the test. Three nodes and two VMs, unless `options` differ. */
export async function hostileSetup(
  t: Test,
  timeouts: HyperCoreOptions['timeouts'] = {},
  options: Partial<SimulatorOptions> = {}
): Promise<HostileSetup> {
  const simulator = await simulatorFor(t, { nodes: 3, vms: 2, ...options })
  const proxies = await startHostileCluster(t, simulator.urls)
  return {
    simulator,
    proxies,
    counts: (method, path) => proxies.nodes.map((node) => node.count(method, path)),
    ...clientFor(t, proxies.urls, { timeouts })
  }
}
