import type { HyperCoreOptions } from '../hypercore/client.ts'
import type { Secret } from '../lib/secrets/redactor.ts'
import type { Simulator } from './simulator.ts'

const sessionMaxAgeMs = 12 * 3600e3

/** The simulated cluster as the bridge's cluster, its certificates pinned as a real one's would be. */
export function asCluster(simulator: Simulator): HyperCoreOptions {
  return {
    nodes: simulator.urls,
    username: simulator.world.options.user,
    password: simulator.world.options.password,
    useOidc: false,
    tls: { mode: 'pin', fingerprints: [...simulator.fingerprints] },
    // No session file: nothing of it outlives the simulated cluster.
    sessionMaxAgeMs
  }
}

/** The secrets of a simulated cluster. */
export const secretsOf = ({ username, password }: HyperCoreOptions): Secret[] => [
  { value: password, user: username }
]
