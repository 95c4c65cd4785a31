import type { FastifyInstance } from 'fastify'
import { request } from 'undici'
import type { AuditFiles } from '../../src/audit/open-record.ts'
import { type BridgeConfig, loadConfig } from '../../src/config/config.ts'
import { testConfig, testToken } from './config.ts'
import type { Environment } from '../../src/config/env-file.ts'
import type { HyperCoreOptions } from '../../src/hypercore/client.ts'
import { createLogger } from '../../src/config/log.ts'
import { TokenFile } from '../../src/identity/token-file.ts'
import { Outgoing } from '../../src/lib/secrets/outgoing.ts'
import type { Timings } from '../../src/lib/time/timings.ts'
import { startBridge } from '../../src/server.ts'
import type { SimulatorOptions } from '../../src/simulator/options.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'

type Teardown = { teardown(handler: () => unknown): void }

export interface ToolAnswer {
  status: number
  /** Parsed JSON, or the text. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape it asked for
  body: any
  text: string
  headers: Record<string, string | string[] | undefined>
}

/** A bridge in front of a simulated cluster, both real servers on loopback. */
export interface TestBridge {
  url: string
  token: string
  app: FastifyInstance
  simulator: Simulator
  /** Lines of the bridge's log. */
  log: string[]
  /** POST /<tool> with the token. A text body is sent as it is. */
  call(tool: string, body?: unknown, headers?: Record<string, string>): Promise<ToolAnswer>
  /** Any request. */
  fetch(path: string, options?: Parameters<typeof request>[1]): Promise<ToolAnswer>
  /** uuid of the VM of that name, asked from the cluster's state. */
  vm(name: string): string
  close(): Promise<void>
}

export interface TestBridgeOptions {
  simulator?: Partial<SimulatorOptions>
  config?: Partial<BridgeConfig>
  cluster?: Partial<HyperCoreOptions>
  /** Those of the product, where they are what is tested. */
  timings?: Partial<Timings>
  /** How much is logged. */
  logLevel?: BridgeConfig['logLevel']
  /** Where the ledger is kept; without it, in memory. */
  store?: string
  /** A file of tokens beside the token of the settings. */
  tokensFile?: string
  /** Where the record is kept; without it, in memory. */
  audit?: AuditFiles
  /** Keeps a document for the cluster of these nodes, and answers the file. */
  catalogFile?: (nodes: string[]) => Promise<string>
  /** Settings as an environment has them, for a bridge that reads all of them, secrets included. */
  env?: (simulator: Simulator) => Environment
}

export { testToken } from './config.ts'
export const testArchive = { address: 'smb://archive.example/exports', login: 'backup:s3cret' }

/** Addresses of a LAN, as the nodes of a real cluster have; the simulated ones listen elsewhere. */
const advertise = Array.from({ length: 16 }, (_, i) => `10.20.0.${11 + i}`)

/** Starts both and closes them with the test. Tasks run fifty times faster than in real life. */
export async function startTestBridge(
  t: Teardown,
  options: TestBridgeOptions = {}
): Promise<TestBridge> {
  const simulator = await startSimulator({ speed: 50, advertise, ...options.simulator })
  t.teardown(() => simulator.close())
  const log: string[] = []
  const { user, password } = simulator.world.options
  const read = options.env && loadConfig(options.env(simulator))
  const outgoing = new Outgoing(
    read === undefined
      ? [
          { value: testToken },
          { value: 's3cret', user: 'backup' },
          { value: password, user },
          ...(options.config?.secrets ?? [])
        ]
      : [...read.secrets, ...read.cluster.secrets]
  )
  const token = read?.token ?? testToken
  const catalogFile = await options.catalogFile?.(simulator.urls)
  const logger = createLogger(options.logLevel ?? 'debug', outgoing, {
    write: (line: string) => void log.push(line)
  })
  const bridge = await startBridge({
    ...(catalogFile === undefined ? {} : { catalogFile }),
    ...(options.store !== undefined && { store: options.store }),
    ...(options.tokensFile !== undefined && { tokens: new TokenFile(options.tokensFile, logger) }),
    ...(options.audit !== undefined && { audit: options.audit }),
    timings: { firstPollMs: 20, ...options.timings },
    config: {
      ...testConfig,
      token,
      archive: testArchive,
      logLevel: 'debug',
      // A free port, whatever the settings say.
      ...(read && { ...read, port: 0 }),
      rateLimit: Infinity,
      writesPerMinute: Infinity,
      ...options.config
    },
    cluster: {
      nodes: simulator.urls,
      username: user,
      password,
      useOidc: false,
      tls: { mode: 'pin', fingerprints: simulator.fingerprints },
      sessionMaxAgeMs: 12 * 3600 * 1000,
      tasks: { pauseMs: 20 },
      ...options.cluster
    },
    outgoing,
    logger
  })
  t.teardown(() => bridge.close())

  const fetch: TestBridge['fetch'] = async (path, init) => {
    const { statusCode, headers, body } = await request(bridge.url + path, init)
    const text = await body.text()
    const isJson = String(headers['content-type']).startsWith('application/json')
    return { status: statusCode, headers, text, body: isJson ? JSON.parse(text) : text }
  }

  return {
    url: bridge.url,
    token,
    app: bridge.app,
    simulator,
    log,
    fetch,
    call: (tool, body = {}, headers = {}) =>
      fetch(`/${tool}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...headers
        },
        body: typeof body === 'string' ? body : JSON.stringify(body)
      }),
    vm(name) {
      const found = [...simulator.world.state.virDomains.values()].find((vm) => vm.name === name)
      if (found === undefined) throw new Error(`The simulated cluster has no VM ${name}`)
      return found.uuid
    },
    close: () => bridge.close()
  }
}
