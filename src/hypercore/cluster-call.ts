import { ClusterApi, type ClusterRequest, type ClusterResponse } from './cluster-api.ts'
import type { HyperCore } from './client.ts'
import type { Entities, EntityPath } from './entities.ts'
import type { Sessions } from './sessions/sessions.ts'
import { isRead } from './target.ts'
import type { Tasks } from './tasks/tasks.ts'

/** The cluster as one call reads it. */
export interface ClusterAccess {
  hypercore: ClusterCall
  /** Aborts when the caller goes away. */
  signal: AbortSignal
}

/**
 * The cluster as one call of a tool, prompt or resource uses it; never shared between calls.
 *
 * Keeps the records that the call has listed, so that the one a name was resolved to is not read
 * a second time. A write, whatever becomes of it, makes it forget them all.
 */
export class ClusterCall extends ClusterApi {
  readonly tasks: Tasks
  readonly sessions: Sessions
  readonly #client: HyperCore
  /** By path and uuid. Replaced with every write: a list that comes in late is kept nowhere. */
  #records = new Map<string, unknown>()

  constructor(client: HyperCore) {
    super()
    this.#client = client
    this.tasks = client.tasks
    this.sessions = client.sessions
  }

  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    if (isRead(request.method, request.path)) return this.#client.request(request)
    this.#records = new Map()
    try {
      return await this.#client.request(request)
    } finally {
      this.#records = new Map()
    }
  }

  override async list<P extends EntityPath>(
    path: P,
    options: Parameters<ClusterApi['list']>[1] = {}
  ): Promise<Entities[P][]> {
    const known = this.#records
    const records = await super.list(path, options)
    for (const record of records) if ('uuid' in record) known.set(`${path}/${record.uuid}`, record)
    return records
  }

  /**
   * A record as this call has read it since its last write; read now where it has not. For what is
   * to be known right after a name was resolved, not for looking again.
   */
  async known<P extends EntityPath>(
    path: P,
    uuid: string,
    options: { signal?: AbortSignal } = {}
  ): Promise<Entities[P] | undefined> {
    const known = this.#records.get(`${path}/${uuid}`) as Entities[P] | undefined
    return known ?? this.record(path, uuid, options)
  }
}
