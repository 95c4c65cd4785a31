import { loadBridgeConfig, type BridgeConfig } from '../config.ts'
import { parseExportUri } from '../setting-values.ts'
import type { HyperCoreOptions } from '../hypercore/client.ts'
import { createLogger } from '../log.ts'
import { startBridge } from '../server.ts'
import { defaultSimulatorOptions, type SimulatorOptions } from '../simulator/options.ts'
import { startSimulator, type Simulator } from '../simulator/simulator.ts'
import { connectionSnippets } from './connections.ts'
import { listening } from './listening.ts'
import { closeOnSignal } from './shutdown.ts'
import { faultControlLines, parseFaults } from './simulator-options.ts'
import { output } from './terminal.ts'
import { newToken, warnOfShortToken } from './token.ts'

export interface DemoOptions extends Partial<
  Pick<SimulatorOptions, 'vms' | 'seed' | 'speed' | 'version'>
> {
  /** Port of the bridge; the simulated cluster takes free ones. */
  port?: number
  fault: string[]
}

/** Any archive will do: the simulated cluster writes to none. */
const exportUri = parseExportUri('smb://demo:demo@archive.example/exports')

const sessionMaxAgeMs = 12 * 3600e3

/** The simulated cluster as the bridge's cluster, its certificates pinned as a real one's would be. */
function toCluster(simulator: Simulator): HyperCoreOptions {
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

const heading = (text: string): void => output.line(output.style('bold', text))

function introduce(simulator: Simulator, config: BridgeConfig, url: string): void {
  const { nodes, vms, version, user, password } = simulator.world.options
  const [breakIt, mendIt] = faultControlLines(simulator.urls[0] ?? '', user, password)

  output.line()
  heading(`scale-bridge demo: ${vms} VMs on ${nodes} simulated nodes, HyperCore ${version}`)
  output.line(`  ${url}       the bridge`)
  output.line(`  ${url}/docs  its tools, to read and try (Authorize with the token)`)
  output.line()
  for (const { title, lines } of connectionSnippets(url, config.token)) {
    heading(title)
    for (const line of lines) output.line(`  ${line}`)
    output.line()
  }
  heading(`The simulated cluster, user ${user}, password ${password}; make it fail, and mend it`)
  for (const node of simulator.urls) output.line(`  ${node}`)
  output.line(`  ${breakIt}`)
  output.line(`  ${mendIt}`)
  output.line()
  output.line('Ctrl-C ends both. Set LOG_LEVEL=info to see every call.')
}

/** Runs a simulated cluster and the bridge in front of it until it is told to stop. */
export async function demo({ port, fault, ...options }: DemoOptions): Promise<void> {
  const env = {
    LOG_LEVEL: 'warn',
    SCALE_EXPORT_URI: exportUri,
    ...process.env,
    ...(port !== undefined && { PORT: String(port) })
  }
  const config = loadBridgeConfig(env, newToken())
  warnOfShortToken(config.token)
  const faults = parseFaults(fault, defaultSimulatorOptions.nodes)
  const simulator = await startSimulator(options)
  for (const each of faults) simulator.faults.add(each)
  try {
    const bridge = await listening(
      () =>
        startBridge({
          config,
          cluster: toCluster(simulator),
          logger: createLogger(config.logLevel),
          logoutOnClose: true
        }),
      {
        host: config.host,
        port: config.port,
        choose: '--port or PORT'
      }
    )
    closeOnSignal(async () => {
      await bridge.close()
      await simulator.close()
    })
    introduce(simulator, config, bridge.url)
  } catch (error) {
    await simulator.close()
    throw error
  }
}
