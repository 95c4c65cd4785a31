import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'
import { bridgeUrl } from './config/bridge-url.ts'
import { packageVersion } from './lib/files/package-info.ts'

/** Connections the system holds while the bridge is busy; its own limit may be lower. */
const listenBacklog = 4096

/** A bridge that listens. */
export interface RunningBridge {
  app: FastifyInstance
  /** Where it is reached, for example http://127.0.0.1:5075. */
  url: string
  /** Ends it: running requests are finished, the session file is left whole. */
  close(): Promise<void>
}

/** What a bridge that listens says of itself: where it is reached, for which cluster. */
export const listensOn = (url: string, nodes: readonly string[]): string =>
  `scale-bridge ${packageVersion} listens on ${url} for ${nodes.join(', ')}; its tools are shown at ${url}/docs`

/** Says it of the first address, and of all others that they are listened on too. */
function listenTexts(nodes: readonly string[]): (address: string) => string {
  let isFirst = true
  return (address) => {
    const text = isFirst ? listensOn(address, nodes) : `and listens on ${address}`
    isFirst = false
    return text
  }
}

/** One line in the log for why the cluster does not work, none if it does. Never throws. */
export async function reportCluster(app: FastifyInstance): Promise<void> {
  // What fails otherwise is that the bridge ends meanwhile.
  const problem = await app.hypercore.findProblem().catch(() => undefined)
  // A refused login is logged where it happens.
  if (problem === undefined || problem.code === 'CLUSTER_LOGIN_REFUSED') return
  const { isTotal, message, ...fields } = problem
  const state = isTotal ? 'The cluster cannot be used' : 'A part of the cluster cannot be used'
  app.log.warn(fields, `${state}. ${message}`)
}

/**
 * Builds the bridge and listens on the configured address. Port 0 takes a free one.
 * @param connects whether it pings the cluster before it listens, so that its first
 * call finds connections. It logs in nowhere before it listens: it may be started again and again
 * @throws the listen error (`EADDRINUSE`, `EACCES`, …) after everything opened is closed again.
 */
export async function startBridge(
  options: AppOptions,
  { connects = false }: { connects?: boolean } = {}
): Promise<RunningBridge> {
  const { host, port } = options.config
  const app = await buildApp(options)
  const failed = new AbortController()
  try {
    if (connects) void app.hypercore.probe(failed.signal).catch(() => undefined)
    await app.warmUp()
    await app.listen({
      host,
      port,
      backlog: listenBacklog,
      listenTextResolver: listenTexts(options.cluster.nodes)
    })
  } catch (error) {
    // A cluster that hangs is not waited for.
    failed.abort()
    await app.close()
    throw error
  }
  const address = app.server.address()
  const actualPort = typeof address === 'object' && address !== null ? address.port : port
  return { app, url: bridgeUrl(host, actualPort), close: () => app.close() }
}
