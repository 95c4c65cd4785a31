import { defaultSimulatorOptions, type SimulatorOptions } from '../simulator/options.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { formatEnvValue } from '../config/env-text.ts'
import { listening } from './io/listening.ts'
import { closeOnSignal } from './io/shutdown.ts'
import { faultControlLines, parseFaults } from './simulator-options.ts'
import { output } from './io/terminal.ts'

export interface SimulatorCommandOptions extends Partial<SimulatorOptions> {
  fault: string[]
}

/** Runs a simulated cluster until it is told to stop, and says how to reach it. */
export async function simulator({ fault, ...options }: SimulatorCommandOptions): Promise<void> {
  const settings: SimulatorOptions = { ...defaultSimulatorOptions, ...options }
  const faults = parseFaults(fault, settings.nodes)
  const cluster = await listening(() => startSimulator(settings), {
    host: settings.host,
    port: settings.port,
    choose: '--port'
  })
  closeOnSignal(() => cluster.close())
  for (const each of faults) cluster.faults.add(each)

  const { user, password } = settings
  output.line(
    `Simulated HyperCore ${settings.version}: ${settings.nodes} nodes, ${settings.vms} VMs, user ${user}, password ${password}`
  )
  for (const [i, url] of cluster.urls.entries())
    output.line(`  ${url}  SHA-256 ${cluster.fingerprints[i]}`)
  output.line()
  output.line('A .env for a bridge in front of it:')
  output.line()
  const env = {
    SCALE_HOST: cluster.urls.map((url) => new URL(url).host).join(','),
    SCALE_USERNAME: user,
    SCALE_PASSWORD: password,
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: cluster.fingerprints.join(',')
  }
  for (const [name, value] of Object.entries(env))
    output.line(`${name}=${formatEnvValue(name, value)}`)
  output.line()
  const [breakIt, mendIt] = faultControlLines(cluster.urls[0] ?? '', user, password)
  output.line('Make it fail, and mend it:')
  output.line(`  ${breakIt}`)
  output.line(`  ${mendIt}`)
  output.line()
  output.line('Ctrl-C ends it.')
}
