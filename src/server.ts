import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'
import { bridgeUrl } from './config/bridge-url.ts'

/** Connections the system holds while the bridge is busy; more are refused. Its own limit may be lower. */
const listenBacklog = 4096

/** A bridge that listens. */
export interface RunningBridge {
  app: FastifyInstance
  /** Where it is reached, for example http://127.0.0.1:5075. */
  url: string
  /** Ends it: running requests are finished, the session file is left whole. */
  close(): Promise<void>
}

/**
 * Builds the bridge and listens on the configured address. Port 0 takes a free one.
 * @throws the listen error (`EADDRINUSE`, `EACCES`, …) after everything opened is closed again.
 */
export async function startBridge(options: AppOptions): Promise<RunningBridge> {
  const { host, port } = options.config
  const app = await buildApp(options)
  try {
    await app.listen({ host, port, backlog: listenBacklog })
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.server.address()
  const actualPort = typeof address === 'object' && address !== null ? address.port : port
  return { app, url: bridgeUrl(host, actualPort), close: () => app.close() }
}
