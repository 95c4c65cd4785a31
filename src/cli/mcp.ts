import { serveStdio } from '@modelcontextprotocol/server/stdio'
import pino from 'pino'
import { type AppOptions, buildApp } from '../app.ts'
import { loadBridgeConfig, loadClusterConfig, type LogLevel } from '../config/config.ts'
import { createLogger } from '../config/log.ts'
import { Outgoing } from '../lib/outgoing.ts'
import type { Secret } from '../lib/redactor.ts'
import { StdioTransport } from '../mcp/transports/stdio.ts'
import { chooseTools } from '../tools/tool-sets.ts'
import { catalogFileOf } from './catalog-place.ts'
import { clusterOptions } from './cluster-options.ts'
import {
  asCluster,
  demoConfig,
  type DemoClusterOptions,
  secretsOf,
  startDemoCluster
} from './demo-cluster.ts'
import { readEnvFile, readNamedEnvFile, settingsOf } from '../config/env-file.ts'
import { closeOnSignal } from './io/shutdown.ts'
import { newToken } from './token.ts'

export interface McpOptions extends DemoClusterOptions {
  /** Serve a simulated cluster in this process. */
  demo?: boolean
  /** Settings are read from this file. Default: `.env` in the current folder. */
  settings?: string
  /** The set of tools to offer. Default: all. */
  tools?: string
}

const stderr = 2

/** How long calls may take to answer with what they know, once the bridge ends, in milliseconds. */
const graceMs = 1000

/** Standard output belongs to the protocol. */
const ways = (
  level: LogLevel,
  secrets: readonly Secret[]
): Pick<AppOptions, 'logger' | 'outgoing'> => {
  const outgoing = new Outgoing(secrets)
  return { outgoing, logger: createLogger(level, outgoing, pino.destination(stderr)) }
}

/** Serves MCP over standard input and output until the input ends or it is told to stop. */
async function serve(
  options: AppOptions,
  toolSet: string | undefined,
  afterwards: () => Promise<void>
): Promise<void> {
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
  const wire = new StdioTransport(process.stdin, process.stdout)
  let clientIsGone = false
  const connection = serveStdio(() => service.createServer(toolSet), {
    transport: wire,
    onerror: (err) => app.log.debug({ err }, 'MCP request refused')
  })
  const end = closeOnSignal(async () => {
    if (!clientIsGone) {
      app.drain()
      await wire.answered(graceMs)
    }
    await connection.close()
    await app.close()
    await afterwards()
  })
  // Nobody is left to answer.
  const endAtOnce = (): void => {
    clientIsGone = true
    end()
  }
  for (const event of ['end', 'close', 'error']) process.stdin.once(event, endAtOnce)
  process.stdout.once('error', endAtOnce)
}

/**
 * The bridge as an MCP server on standard input and output, without a port and without a client
 * token: who starts it may use it. Everything else goes to standard error.
 */
export async function mcp({
  demo = false,
  settings,
  tools,
  ...cluster
}: McpOptions): Promise<void> {
  if (demo) {
    const config = demoConfig()
    const simulator = await startDemoCluster(cluster)
    const asked = asCluster(simulator)
    const options = {
      config,
      cluster: asked,
      ...ways(config.logLevel, [...config.secrets, ...secretsOf(asked)])
    }
    return serve({ ...options, logoutOnClose: true }, tools, () => simulator.close())
  }
  const file = settings === undefined ? await readEnvFile() : await readNamedEnvFile(settings)
  const env = settingsOf(file)
  const config = loadBridgeConfig(env, newToken())
  const place = loadClusterConfig(env)
  const options = {
    config,
    cluster: await clusterOptions(place),
    catalogFile: catalogFileOf(place),
    ...ways(config.logLevel, [...config.secrets, ...place.secrets])
  }
  return serve(options, tools, async () => undefined)
}
