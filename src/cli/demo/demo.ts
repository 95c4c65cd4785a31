import { resolve } from 'node:path'
import { everyAddressNote } from '../../config/bridge-url.ts'
import type { BridgeConfig } from '../../config/config.ts'
import { createLogger } from '../../config/log.ts'
import { withSecretFiles } from '../../config/secret-files.ts'
import { unknownInEnvironment } from '../../config/unknown-settings.ts'
import { listenWarnings } from '../../config/warnings.ts'
import { StaticToken } from '../../identity/static-token.ts'
import { TokenFile } from '../../identity/token-file.ts'
import { newTokenText } from '../../identity/token-record.ts'
import { TokenSources } from '../../identity/token-sources.ts'
import type { Logger } from '../../lib/process/logger.ts'
import { Outgoing } from '../../lib/secrets/outgoing.ts'
import { type RunningBridge, startBridge } from '../../server.ts'
import { asCluster, secretsOf } from '../../simulator/as-cluster.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { type Io, warn } from '../io/io.ts'
import { listening } from '../io/listening.ts'
import { logDestination } from '../io/log-destination.ts'
import { faultCommands } from '../simulator/faults.ts'
import { demoConfig, type DemoClusterOptions, startDemoCluster } from './cluster.ts'
import { connectionSnippets } from './snippets.ts'

export interface DemoOptions extends DemoClusterOptions {
  /** Port of the bridge; the simulated cluster uses free ones. */
  port?: number
  /** Calls that a person approves. Default: APPROVAL, or none. */
  approval?: string
}

const indent = '  '

function introduce(
  { stdout }: Io,
  simulator: Simulator,
  config: BridgeConfig,
  url: string,
  approver: string
): void {
  const { nodes, vms, version, user, password } = simulator.world.options
  const heading = (text: string): void => stdout.line(stdout.style('bold', text))
  const indented = (text: string): void => {
    for (const line of text.split('\n')) stdout.line(indent + line)
  }

  stdout.line()
  heading(`Demo: ${vms} VMs on ${nodes} simulated nodes, HyperCore ${version}`)
  indented(`${url}       the bridge`)
  indented(`${url}/docs  its tools, to read and try`)
  const everyAddress = everyAddressNote(config.host)
  if (everyAddress !== undefined) indented(everyAddress)
  stdout.line()
  for (const { title, text } of connectionSnippets(url, config.token, stdout.width - 2)) {
    heading(title)
    indented(text)
    stdout.line()
  }
  const approved =
    config.approval === 'off'
      ? `on more than MAX_TARGETS=${config.maxTargets} objects`
      : `(APPROVAL=${config.approval})`
  heading(`A person approves calls ${approved}, with this token`)
  indented(approver)
  indented(`${url}/console`)
  stdout.line()
  heading('Small models: fewer tools')
  indented(`${url}/openapi.json?tools=core`)
  indented(`${url}/mcp?tools=core`)
  stdout.line()
  heading('Other clients: claude-code, cursor, vscode, gemini-cli, lm-studio, n8n')
  indented(`scale-bridge connect cursor --url ${url}`)
  stdout.line()
  heading(`The simulated cluster: user ${user}, password ${password}`)
  for (const node of simulator.urls) indented(node)
  stdout.line()
  heading('Inject a fault, and clear all faults')
  for (const command of faultCommands(simulator.urls[0] ?? '', user, password, stdout.width - 2))
    indented(command)
  stdout.line()
  stdout.line('Ctrl-C stops both. Set LOG_LEVEL=info to see every call.')
}

/**
 * The tokens that count beside that of the settings: that of who approves, and those of SCALE_TOKENS_FILE
 * where it is set. The file that bridges have by default is not the demo's.
 */
function tokensOf({ env, cwd }: Io, logger: Logger, approver: string): TokenSources {
  const path = env['SCALE_TOKENS_FILE']
  return new TokenSources([
    new StaticToken(approver, {
      name: 'approver',
      kind: 'token',
      scopes: new Set(['read', 'approve'] as const)
    }),
    ...(path === undefined || path === '' ? [] : [new TokenFile(resolve(cwd, path), logger)])
  ])
}

/** Runs a simulated cluster and the bridge in front of it until it is stopped. */
export async function demo(io: Io, { port, approval, ...options }: DemoOptions): Promise<number> {
  const config = demoConfig({
    ...(await withSecretFiles(io.env, io.cwd)),
    ...(port !== undefined && { PORT: String(port) }),
    ...(approval !== undefined && { APPROVAL: approval })
  })
  // Nothing of the demo outlives it: no file. Also with APPROVAL=off there is what a person approves.
  const approver = newTokenText()
  const unknown = unknownInEnvironment(Object.keys(io.env))
  for (const warning of [...unknown, ...listenWarnings(config)]) warn(io, warning)
  const destination = await logDestination(io.stdout)
  const simulator = await startDemoCluster(options)
  const cluster = asCluster(simulator)
  const outgoing = new Outgoing([...config.secrets, ...secretsOf(cluster), { value: approver }])
  const logger = createLogger(config.logLevel, outgoing, destination)
  const tokens = tokensOf(io, logger, approver)
  try {
    let starting: Promise<RunningBridge> | undefined
    // Before it listens, and says so: a supervisor that reads that may stop it at once.
    const lifetime = await io.untilStopped(async () => {
      const bridge = await starting?.catch(() => undefined)
      await bridge?.close()
      await simulator.close()
    })
    starting = listening(
      () =>
        startBridge({
          config,
          cluster,
          logger,
          outgoing,
          logoutOnClose: true,
          tokens
        }),
      {
        host: config.host,
        port: config.port,
        choose: '--port or PORT'
      }
    )
    const { url } = await starting
    introduce(io, simulator, config, url, approver)
    return await lifetime.ended
  } catch (error) {
    await simulator.close()
    throw error
  }
}
