import { resolve } from 'node:path'
import { formatEnvValue } from '../../config/env-text.ts'
import { defaultSimulatorOptions, type SimulatorOptions } from '../../simulator/options.ts'
import { describeEvent } from '../../simulator/plan/play-plan.ts'
import { startSimulator } from '../../simulator/simulator.ts'
import type { Io } from '../io/io.ts'
import { hang } from '../io/layout.ts'
import { listening } from '../io/listening.ts'
import { newToken } from '../token/client-token.ts'
import { faultCommands, parseFaults } from './faults.ts'
import { loadPlan } from './plan.ts'

export interface SimulatorCommandOptions extends Partial<SimulatorOptions> {
  fault?: string[]
  /** File of a fault plan. */
  plan?: string
}

/** Runs a simulated cluster until it is stopped, and prints how to reach it. */
export async function simulator(
  io: Io,
  { fault = [], plan: planFile, ...options }: SimulatorCommandOptions
): Promise<number> {
  const settings: SimulatorOptions = { ...defaultSimulatorOptions, ...options }
  const faults = parseFaults(fault, settings.nodes)
  const plan = planFile && (await loadPlan(resolve(io.cwd, planFile), settings.nodes))
  const cluster = await listening(() => startSimulator(settings), {
    host: settings.host,
    port: settings.port,
    choose: '--port'
  })
  const lifetime = await io.untilStopped(() => cluster.close())
  for (const each of faults) cluster.faults.add(each)

  const { stdout } = io
  const { user, password } = settings
  stdout.say(
    `Simulated HyperCore ${settings.version}: ${settings.nodes} nodes, ${settings.vms} VMs, user ${user}, password ${password}`
  )
  for (const [i, url] of cluster.urls.entries())
    for (const line of hang(`  ${url}  `, `SHA-256 ${cluster.fingerprints[i]}`, stdout.width))
      stdout.line(line)
  stdout.line()
  stdout.line('A .env for a bridge in front of it:')
  stdout.line()
  const env = {
    MCP_BEARER_TOKEN: newToken(),
    SCALE_HOST: cluster.urls.map((url) => new URL(url).host).join(','),
    SCALE_USERNAME: user,
    SCALE_PASSWORD: password,
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: cluster.fingerprints.join(',')
  }
  for (const [name, value] of Object.entries(env))
    stdout.line(`${name}=${formatEnvValue(name, value)}`)
  stdout.line()
  stdout.line('Inject a fault, and clear all faults:')
  for (const command of faultCommands(cluster.urls[0] ?? '', user, password, stdout.width - 2))
    for (const line of command.split('\n')) stdout.line(`  ${line}`)
  stdout.line()
  if (plan) {
    const { about, events, repeat } = plan
    const again = repeat === undefined ? '' : `, again every ${repeat} s`
    stdout.say(`Plays ${planFile}: ${events.length} events${again}${about ? `. ${about}` : ''}`)
  }
  stdout.line('Ctrl-C stops it.')
  if (plan)
    cluster.play(plan, (moment) =>
      stdout.line(`${moment.seconds.toFixed(1)} s: ${describeEvent(moment)} ${moment.phase}`)
    )
  return lifetime.ended
}
