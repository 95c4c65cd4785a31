import type { BridgeConfig } from '../config/config.ts'
import { createLogger } from '../config/log.ts'
import { Outgoing } from '../lib/outgoing.ts'
import { startBridge } from '../server.ts'
import type { Simulator } from '../simulator/simulator.ts'
import { connectionSnippets } from './connections.ts'
import {
  asCluster,
  demoConfig,
  secretsOf,
  type DemoClusterOptions,
  startDemoCluster
} from './demo-cluster.ts'
import { listening } from './io/listening.ts'
import { closeOnSignal } from './io/shutdown.ts'
import { faultControlLines } from './simulator-options.ts'
import { output } from './io/terminal.ts'
import { warnOfShortToken } from './token.ts'

export interface DemoOptions extends DemoClusterOptions {
  /** Port of the bridge; the simulated cluster takes free ones. */
  port?: number
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
export async function demo({ port, ...options }: DemoOptions): Promise<void> {
  const config = demoConfig(port === undefined ? {} : { PORT: String(port) })
  warnOfShortToken(config.token)
  const simulator = await startDemoCluster(options)
  const cluster = asCluster(simulator)
  const outgoing = new Outgoing([...config.secrets, ...secretsOf(cluster)])
  try {
    const bridge = await listening(
      () =>
        startBridge({
          config,
          cluster,
          logger: createLogger(config.logLevel, outgoing),
          outgoing,
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
