import type { WriteResult } from '../hypercore/records/records.ts'
import type { Clock } from './clock.ts'
import type { SimulatorOptions } from './options.ts'
import type { IncomingCall } from './received-call.ts'
import type { Random } from './random.ts'
import type { ClusterState, StoredUser } from './state.ts'
import type { Tasks } from './tasks.ts'

/** Everything a handler may touch. One per cluster. */
export interface World {
  options: SimulatorOptions
  state: ClusterState
  tasks: Tasks
  clock: Clock
  random: Random
}

/** One authenticated call, its body already checked against the operation's schema. */
export interface Call<Body = unknown> {
  world: World
  /** Values of the path's `{parameters}`, decoded. */
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  user: StoredUser
  sessionID: string
  /** The node that was called. */
  nodeUUID: string
  /** The raw request, for uploads that must not be held in memory. */
  raw: IncomingCall
}

/** An answer other than 200 with JSON. */
export class Reply {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers: Record<string, string>

  constructor(
    status: number,
    body: string,
    contentType = 'application/json',
    headers: Record<string, string> = {}
  ) {
    this.status = status
    this.body = body
    this.contentType = contentType
    this.headers = headers
  }
}

/**
 * Comes with every 401: PowerShell's -Credential and `curl --anyauth` send their credentials only
 * when they are asked for (FACTS 24, medium-high; the realm's name is ours).
 */
export const basicChallenge = { 'WWW-Authenticate': 'Basic realm="HyperCore"' }

/** Thrown by handlers: the cluster's JSON error body `{"error": text}` (FACTS 3.4). */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The 500 a client gets for an action that is illegal in the present state (FACTS 3.4, S). */
export const internalError = (): ApiError => new ApiError(500, 'An internal error occurred')

/** Answers with JSON (any value) or a `Reply`. */
// oxlint-disable-next-line typescript/no-explicit-any -- each handler names its own body type
export type Handler = (call: Call<any>) => unknown

/** Handlers by `METHOD /path/{template}`, the template below /rest/v1 as in the catalog. */
export type Handlers = Record<string, Handler>

/** What every write answers (FACTS 3.2): `""` where no task was started or nothing was created. */
export const written = (taskTag = '', createdUUID = ''): WriteResult => ({ taskTag, createdUUID })

/**
 * Refuses a write to an object whose task still runs, if the cluster is set to fail them
 * (`overlappingWrites`); otherwise the new task will queue behind it (FACTS 4.2).
 */
export function claim(world: World, ...uuids: string[]): string[] {
  if (
    world.options.overlappingWrites === 'fail' &&
    uuids.some((uuid) => world.tasks.isLocked(uuid))
  )
    throw internalError()
  return uuids
}
