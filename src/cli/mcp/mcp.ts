import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type AppOptions, buildApp } from '../../app.ts'
import {
  loadBridgeConfig,
  loadClusterConfig,
  type LogLevel,
  settings as table
} from '../../config/config.ts'
import { createLogger } from '../../config/log.ts'
import { withoutSetting, withSecretFiles } from '../../config/secret-files.ts'
import { unknownInEnvironment } from '../../config/unknown-settings.ts'
import { insecureTlsWarning, sourceWarnings } from '../../config/warnings.ts'
import { Outgoing } from '../../lib/secrets/outgoing.ts'
import type { Secret } from '../../lib/secrets/redactor.ts'
import { StdioTransport } from '../../mcp/transports/stdio.ts'
import { chooseTools } from '../../tools/tool-sets.ts'
import { auditFilesOf } from '../audit-files.ts'
import { catalogFileOf } from '../catalog-path.ts'
import { lastingClusterOptions } from '../cluster-options.ts'
import { asCluster, secretsOf } from '../../simulator/as-cluster.ts'
import { demoConfig, type DemoClusterOptions, startDemoCluster } from '../demo/cluster.ts'
import type { Io } from '../io/io.ts'
import { logDestination } from '../io/log-destination.ts'
import { openSettings, type SettingsOptions, withPathsFrom } from '../settings.ts'
import { newToken } from '../token/client-token.ts'

export interface McpOptions extends DemoClusterOptions, SettingsOptions {
  /** Serve a simulated cluster in this process. */
  demo?: boolean
  /** The tool set to offer. Default: all. */
  tools?: string
  /** Whether results carry their data beside the text. Default: on. */
  structured?: 'on' | 'off'
}

/** How long calls may take to return what they know, once the bridge is being stopped. */
const graceMs = 1_000

/** The same once the input has ended: a read has failed by then, and the process has not been ended. */
const inputEndGraceMs = 26_000

/** Standard output belongs to the protocol: warnings begin the log, on standard error. */
async function waysOut(
  { stderr }: Io,
  level: LogLevel,
  secrets: readonly Secret[],
  warnings: readonly string[]
): Promise<Pick<AppOptions, 'logger' | 'outgoing'>> {
  const outgoing = new Outgoing(secrets)
  const logger = createLogger(level, outgoing, await logDestination(stderr))
  for (const warning of warnings) logger.warn(warning)
  return { outgoing, logger }
}

/** Serves MCP over standard input and output until the input ends or it is stopped. */
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
  let connection: ReturnType<typeof serveStdio> | undefined
  let wire: StdioTransport | undefined
  const cutOff = new AbortController()
  const cutOffAfter = (ms: number): void => void setTimeout(() => cutOff.abort(), ms).unref()
  // First of all: an input that ends while this is awaited would end unnoticed.
  const lifetime = await io.untilStopped(async (told) => {
    if (told.aborted) cutOffAfter(graceMs)
    else told.addEventListener('abort', () => cutOffAfter(graceMs))
    app.drain()
    await wire?.settled(cutOff.signal)
    await connection?.close()
    await app.close()
    await afterwards()
  })
  wire = new StdioTransport(stdin, stdout)
  connection = serveStdio(
    () =>
      service.createServer({ principal: app.operator, toolSet, structured: structured !== 'off' }),
    {
      transport: wire,
      onerror: (err) => app.log.debug({ err }, 'MCP request refused')
    }
  )
  const end = (ms: number) => (): void => {
    cutOffAfter(ms)
    lifetime.end()
  }
  // Who sends no more may still read.
  for (const event of ['end', 'close']) stdin.once(event, end(inputEndGraceMs))
  // No client is left to respond to.
  stdin.once('error', end(0))
  stdout.once('error', end(0))
  return lifetime.ended
}

/**
 * The bridge as an MCP server on standard input and output, without a port and without a client
 * token: the user that starts it may use it. Everything else goes to standard error.
 */
export async function mcp(
  io: Io,
  { demo = false, settings, tools, structured, ...cluster }: McpOptions
): Promise<number> {
  const offered = { ...(tools !== undefined && { tools }), ...(structured && { structured }) }
  if (demo) {
    const config = demoConfig(await withSecretFiles(io.env, io.cwd))
    const simulator = await startDemoCluster(cluster)
    const played = asCluster(simulator)
    const secrets = [...config.secrets, ...secretsOf(played)]
    const warnings = unknownInEnvironment(Object.keys(io.env))
    const options = {
      config,
      cluster: played,
      ...(await waysOut(io, config.logLevel, secrets, warnings)),
      logoutOnClose: true
    }
    return serve(io, options, offered, () => simulator.close())
  }
  const { file, env } = await openSettings(io, { settings })
  // It is never sent here.
  const config = loadBridgeConfig(withoutSetting(env, table.token.name), newToken())
  const clusterConfig = withPathsFrom(io.cwd, loadClusterConfig(env))
  const secrets = [...config.secrets, ...clusterConfig.secrets]
  const insecure = insecureTlsWarning(clusterConfig.tlsMode)
  const warnings = [
    ...(await sourceWarnings(file, env)),
    ...(insecure === undefined ? [] : [insecure])
  ]
  const options = {
    config,
    cluster: await lastingClusterOptions(io, { settings }, clusterConfig, env),
    catalogFile: catalogFileOf(io.cwd, clusterConfig),
    store: clusterConfig.store,
    audit: auditFilesOf(clusterConfig),
    ...(await waysOut(io, config.logLevel, secrets, warnings))
  }
  return serve(io, options, offered, async () => undefined)
}
