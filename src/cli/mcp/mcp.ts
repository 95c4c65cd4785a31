import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type AppOptions, buildApp } from '../../app.ts'
import { loadBridgeConfig, loadClusterConfig } from '../../config/config.ts'
import { createLogger } from '../../config/log.ts'
import { StdioTransport } from '../../mcp/transports/stdio.ts'
import { chooseTools } from '../../tools/tool-sets.ts'
import { catalogFileOf } from '../catalog-path.ts'
import { clusterOptions } from '../cluster-options.ts'
import {
  asCluster,
  demoConfig,
  type DemoClusterOptions,
  startDemoCluster
} from '../demo/cluster.ts'
import type { Io } from '../io/io.ts'
import { logDestination } from '../io/log-destination.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'
import { newToken } from '../token.ts'

export interface McpOptions extends DemoClusterOptions, SettingsOptions {
  /** Serve a simulated cluster in this process. */
  demo?: boolean
  /** The set of tools to offer. Default: all. */
  tools?: string
  /** Whether results carry their data beside the text. Default: on. */
  structured?: 'on' | 'off'
}

/** How long calls may take to return what they know, once the bridge ends, in milliseconds. */
const graceMs = 1000

/** Standard output belongs to the protocol. */
const openLogger = async (
  { stderr }: Io,
  level: AppOptions['config']['logLevel']
): Promise<AppOptions['logger']> => createLogger(level, await logDestination(stderr))

/** Serves MCP over standard input and output until the input ends or it is told to stop. */
async function serve(
  io: Io,
  options: AppOptions,
  { tools: toolSet, structured }: Pick<McpOptions, 'tools' | 'structured'>,
  afterwards: () => Promise<void>
): Promise<number> {
  const app = await buildApp(options)
  await app.ready()
  const service = await app.mcp()
  try {
    chooseTools(app.tools.values(), toolSet)
  } catch (error) {
    await app.close()
    await afterwards()
    throw error
  }
  const { stdin } = io
  const stdout = io.stdout.stream
  let clientIsGone = false
  let connection: ReturnType<typeof serveStdio> | undefined
  let wire: StdioTransport | undefined
  // First of all: an input that ends while this is awaited would end unnoticed.
  const lifetime = await io.untilStopped(async () => {
    if (!clientIsGone) {
      app.drain()
      await wire?.answered(graceMs)
    }
    await connection?.close()
    await app.close()
    await afterwards()
  })
  wire = new StdioTransport(stdin, stdout)
  connection = serveStdio(() => service.createServer(toolSet, structured !== 'off'), {
    transport: wire,
    onerror: (err) => app.log.debug({ err }, 'MCP request refused')
  })
  // Nobody is left to respond to.
  const endAtOnce = (): void => {
    clientIsGone = true
    lifetime.end()
  }
  for (const event of ['end', 'close', 'error']) stdin.once(event, endAtOnce)
  stdout.once('error', endAtOnce)
  return lifetime.ended
}

/**
 * The bridge as an MCP server on standard input and output, without a port and without a client
 * token: whoever starts it may use it. Everything else goes to standard error.
 */
export async function mcp(
  io: Io,
  { demo = false, settings, tools, structured, ...cluster }: McpOptions
): Promise<number> {
  const offered = { ...(tools !== undefined && { tools }), ...(structured && { structured }) }
  if (demo) {
    const config = demoConfig(io.env)
    const logger = await openLogger(io, config.logLevel)
    const simulator = await startDemoCluster(cluster)
    const options = { config, cluster: asCluster(simulator), logger, logoutOnClose: true }
    return serve(io, options, offered, () => simulator.close())
  }
  const { env } = await openSettings(io, { settings })
  // Nobody sends it here.
  const config = loadBridgeConfig({ ...env, MCP_BEARER_TOKEN: '' }, newToken())
  const clusterConfig = withPathsFrom(io.cwd, loadClusterConfig(env))
  const options = {
    config,
    cluster: await clusterOptions(clusterConfig),
    catalogFile: catalogFileOf(io.cwd, clusterConfig),
    logger: await openLogger(io, config.logLevel)
  }
  return serve(io, options, offered, async () => undefined)
}
