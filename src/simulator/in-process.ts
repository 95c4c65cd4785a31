import { Readable } from 'node:stream'
import type { ClusterRecords } from '../hypercore/records/cluster-records.ts'
import type { HttpMethod } from '../lib/http/http-method.ts'
import { Api } from './api.ts'
import { Clock } from './clock.ts'
import type { Call, Handlers, Reply, World } from './handler.ts'
import { createHandlers } from './handlers/index.ts'
import { stateFromRecords } from './inventory/from-records.ts'
import { defaultSimulatorOptions, type SimulatorOptions } from './options.ts'
import { playedAs } from './played-version.ts'
import { Random } from './random.ts'
import { RollingUpdate } from './rolling-update.ts'
import { Sessions } from './sessions.ts'
import { Tasks } from './tasks.ts'

/** A step of time, in which tasks get on. */
const stepMs = 1000
/** What takes longer than a day is not waited for. */
const maxSteps = 86_400
/** What has no task takes less than this: a guest that shuts down, an image that is converted. */
const afterwardsMs = 61_000

/**
 * A cluster without nodes that listen: it is called in this process, no connection leads to it or from
 * it, and its time passes only in `settle`.
 */
export class InProcessCluster {
  readonly world: World
  readonly #api: Api
  readonly #handlers: Handlers
  readonly #node: string
  readonly #authorization: string

  /** @param seed of the uuids it makes */
  constructor(records: ClusterRecords, seed: number) {
    const options: SimulatorOptions = {
      ...defaultSimulatorOptions,
      seed,
      speed: 0,
      version: records.cluster.icosVersion
    }
    const random = new Random(seed)
    const clock = new Clock(0)
    const tasks = new Tasks(clock, options.taskRetentionSeconds)
    const state = stateFromRecords(records, options)
    const rules = { scope: 'shared', idleSeconds: 0 } as const
    const sessions = new Sessions(rules, state.users)
    this.world = { options, state, tasks, clock, random }
    const rollingUpdate = new RollingUpdate(this.world, [], new Map())
    const handlers = createHandlers({ sessions, nodes: [], rollingUpdate, versions: new Map() })
    const { catalog, validator } = playedAs(options)
    this.#handlers = handlers
    this.#api = new Api(this.world, catalog, handlers, sessions, validator)
    this.#node = records.lists.Node[0]?.uuid ?? ''
    const login = Buffer.from(`${options.user}:${options.password}`).toString('base64')
    this.#authorization = `Basic ${login}`
  }

  /** @param target below `/rest/v1`, with its query */
  async call(method: HttpMethod, target: string, body?: unknown): Promise<Reply> {
    const bytes = body === undefined ? [] : [Buffer.from(JSON.stringify(body))]
    const request = Object.assign(Readable.from(bytes), {
      method,
      url: `/rest/v1${target}`,
      headers: {
        authorization: this.#authorization,
        ...(body !== undefined && { 'content-type': 'application/json' })
      }
    })
    const { reply } = await this.#api.answer(this.#node, request)
    return reply
  }

  /** The records of a list as they are shown. They keep changing: copy what is kept. */
  records(entity: string): unknown[] {
    const records = this.#handlers[`GET /${entity}`]?.({
      world: this.world,
      params: {},
      query: new URLSearchParams(),
      body: undefined,
      nodeUUID: this.#node,
      raw: Object.assign(Readable.from([]), { headers: {} }),
      user: [...this.world.state.users.values()][0],
      sessionID: ''
    } as Call)
    return Array.isArray(records) ? (records as unknown[]) : []
  }

  /** Lets what was begun end. */
  settle(): void {
    const { clock, tasks } = this.world
    for (let step = 0; !tasks.isIdle && step < maxSteps; step += 1) clock.advance(stepMs)
    clock.advance(afterwardsMs)
  }

  close(): void {
    this.world.clock.stop()
  }
}
