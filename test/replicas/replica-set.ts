import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'
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

/** Bridges in processes of their own on one database, behind a balancer. */
export class ReplicaSet {
  readonly balancer: Balancer | Haproxy
  readonly #options: ReplicaSetOptions
  readonly #programs: Bridges
  readonly #bridges = new Map<number, BridgeProcess>()

  private constructor(options: ReplicaSetOptions, programs: Bridges, balancer: Balancer | Haproxy) {
    this.#options = options
    this.#programs = programs
    this.balancer = balancer
  }

  static async start(options: ReplicaSetOptions): Promise<ReplicaSet> {
    const { log, haproxy = false, count, folder } = options
    const programs = await Bridges.prepare(log === undefined ? {} : { log })
    const balancer = haproxy ? await Haproxy.start(folder) : await Balancer.start()
    const set = new ReplicaSet(options, programs, balancer)
    await Promise.all(Array.from({ length: count }, (_, at) => set.up(at)))
    return set
  }

  /** Those that run. */
  get bridges(): BridgeProcess[] {
    return [...this.#bridges.values()]
  }

  /**
   * Starts one, on the files it had.
   * @param address another one than it had, behind HAProxy
   */
  async up(at: number, address?: string): Promise<void> {
    const { simulator, folder, store, pace, settings } = this.#options
    const cwd = join(folder, `bridge-${at}`)
    mkdirSync(cwd, { recursive: true })
    const env = {
      MCP_BEARER_TOKEN: token,
      ...clusterSettings(simulator),
      ...this.balancer.placeOf(at, address),
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
    await this.#programs.close()
  }

  #use(): void {
    this.balancer.use(this.bridges.map(({ url }) => url))
  }
}
