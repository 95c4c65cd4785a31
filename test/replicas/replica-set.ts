import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { DnsServer } from '../helper/dns-server.ts'
import { freePort } from '../helper/ports.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'
import { Bridges, type BridgeProcess } from '../search/bridge-process.ts'
import { Balancer } from './balancer.ts'
import { Haproxy } from './haproxy.ts'

export const token = 'replica-token-0123456789'

export interface ReplicaSetOptions {
  simulator: Simulator
  /** For the files of all, each in a folder of its own. */
  folder: string
  /** Address of the database. */
  store: string
  /** How many bridges. */
  count: number
  /** How many times as fast as the product they live. */
  pace: number
  settings?: Record<string, string>
  /** Behind a real HAProxy, as compose.replicas.yaml configures it, with addresses of their own. */
  haproxy?: boolean
  /** File descriptor of their log. */
  log?: number
}

/** Bridges as a network of containers has them: each at an address of its own, known by its name. */
class ContainerNetwork {
  /** The port of each. */
  readonly port: number
  readonly dns: DnsServer

  private constructor(port: number, dns: DnsServer) {
    this.port = port
    this.dns = dns
  }

  static async start(count: number): Promise<ContainerNetwork> {
    const names = Array.from({ length: count }, (_, at) => nameAndAddress(at))
    return new ContainerNetwork(await freePort(), await DnsServer.start(names))
  }
}

const nameAndAddress = (at: number): [name: string, address: string] => [
  `bridge-${at + 1}`,
  `127.0.1.${at + 1}`
]

/** Bridges in processes of their own on one database, behind a balancer. */
export class ReplicaSet {
  readonly balancer: Balancer | Haproxy
  readonly #options: ReplicaSetOptions
  readonly #programs: Bridges
  readonly #bridges = new Map<number, BridgeProcess>()
  readonly #network: ContainerNetwork | undefined

  private constructor(
    options: ReplicaSetOptions,
    programs: Bridges,
    balancer: Balancer | Haproxy,
    network: ContainerNetwork | undefined
  ) {
    this.#options = options
    this.#programs = programs
    this.balancer = balancer
    this.#network = network
  }

  static async start(options: ReplicaSetOptions): Promise<ReplicaSet> {
    const { log, haproxy, count, folder } = options
    const programs = await Bridges.prepare(log === undefined ? {} : { log })
    const network = haproxy === true ? await ContainerNetwork.start(count) : undefined
    const balancer =
      network === undefined
        ? await Balancer.start()
        : await Haproxy.start({ folder, port: network.port, nameserver: network.dns.address })
    const set = new ReplicaSet(options, programs, balancer, network)
    await Promise.all(Array.from({ length: count }, (_, at) => set.up(at)))
    return set
  }

  /** Those that run. */
  get bridges(): BridgeProcess[] {
    return [...this.#bridges.values()]
  }

  /**
   * Starts one, on the files it had.
   * @param address another one than it had, in a network of containers
   */
  async up(at: number, address?: string): Promise<void> {
    const { simulator, folder, store, pace, settings } = this.#options
    const cwd = join(folder, `bridge-${at}`)
    mkdirSync(cwd, { recursive: true })
    const env = {
      MCP_BEARER_TOKEN: token,
      ...clusterSettings(simulator),
      ...this.#placeOf(at, address),
      RATE_LIMIT: 'off',
      WRITES_PER_MINUTE: '100000',
      LOG_LEVEL: 'info',
      SCALE_STORE: store,
      SCALE_SESSION_FILE: join(cwd, 'session.json'),
      SCALE_TOKENS_FILE: join(folder, 'tokens.json'),
      SCALE_AUDIT_KEY: join(folder, 'audit-key.pem'),
      ...settings
    }
    this.#bridges.set(at, await this.#programs.start({ env, cwd, offsetMs: 0, pace }))
    this.#use()
  }

  /** Kills one by `kill -9`. */
  async kill(at: number): Promise<void> {
    const bridge = this.#bridges.get(at)
    this.#bridges.delete(at)
    await bridge?.kill()
    this.#use()
  }

  async close(): Promise<void> {
    for (const at of this.#bridges.keys()) await this.kill(at)
    await this.balancer.close()
    await this.#network?.dns.close()
    await this.#programs.close()
  }

  /** Where one listens. */
  #placeOf(at: number, address?: string): Record<string, string> {
    if (this.#network === undefined) return { PORT: '0' }
    const { dns, port } = this.#network
    const [name, usual] = nameAndAddress(at)
    dns.names.set(name, address ?? usual)
    return { HOST: address ?? usual, PORT: String(port) }
  }

  #use(): void {
    this.balancer.use(this.bridges.map(({ url }) => url))
  }
}
