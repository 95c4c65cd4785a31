import { randomInt } from 'node:crypto'
import {
  type CallableClient,
  ClusterApi,
  type ClusterRequest,
  type ClusterResponse,
  isRead
} from '../hypercore/cluster-api.ts'
import { recordEntities, type RecordLists } from '../hypercore/records/cluster-records.ts'
import type { PlannedRequest } from '../hypercore/writes/sequence.ts'
import { toTarget } from '../hypercore/requests/wire-request.ts'
import type { CallSessions } from '../hypercore/sessions/session-info.ts'
import { Tasks } from '../hypercore/tasks/tasks.ts'
import { NodeFailure } from '../hypercore/transport/node-failure.ts'
import { parseResponse } from '../hypercore/transport/response.ts'
import { defaultLimits } from '../hypercore/transport/time-limits.ts'
import { readWriteReply } from '../hypercore/writes/write-result.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { isObject } from '../lib/json/json.ts'
import { InProcessCluster } from '../simulator/in-process.ts'
import type { MakeTwin, TriedWrite, Twin, TwinSource } from '../tools/plan/twin.ts'
import { uuidsInText } from '../lib/text/uuid.ts'

/** Whose records are looked at before and after a write on them. */
const watched = [
  'VirDomain',
  'VirDomainBlockDevice',
  'VirDomainNetDevice',
  'VirDomainSnapshot',
  'VirDomainSnapshotSchedule',
  'VirDomainReplication',
  'ISO',
  'VirtualDisk'
]

/** What a copy consists of; everything else is read from the cluster itself. */
const copied = new Set([...watched, 'RemoteClusterConnection', 'Node', 'TaskTag'])

type Seen = TriedWrite['before']

/** What a copy cannot know, whatever it is asked. */
function refuseUnknown({ method, path, stream }: ClusterRequest): void {
  const [, entity = ''] = path.split('/')
  if (copied.has(entity) && stream === undefined && path !== '/VirDomain/import') return
  throw new BridgeError(
    'INVALID_ARGUMENT',
    `${method} ${path} cannot be tried beforehand: a plan knows VMs with their disks, NICs, snapshots, schedules and replications, ISO and disk images. Call it by itself`
  )
}

/** A client whose cluster is a copy in this process. */
class TwinClient extends ClusterApi {
  readonly tasks: Tasks
  readonly limits = defaultLimits
  readonly updates: TwinSource['updates']
  readonly writes: TriedWrite[] = []
  readonly #cluster: InProcessCluster
  readonly #source: TwinSource

  constructor(cluster: InProcessCluster, source: TwinSource) {
    super()
    this.#cluster = cluster
    this.#source = source
    this.updates = source.updates
    this.tasks = new Tasks((tag, signal) =>
      this.record('/TaskTag', tag, { ...(signal && { signal }) })
    )
  }

  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    const { method, path, query, body } = request
    const [, entity = ''] = path.split('/')
    if (isRead(method, path))
      return copied.has(entity) && method === 'GET'
        ? this.#send(request)
        : this.#source.request(request)
    refuseUnknown(request)
    const before = await this.#look([path, body])
    const response = await this.#send(request)
    this.#cluster.settle()
    const { createdUUID = '' } = response.written ?? {}
    const planned: PlannedRequest = {
      method,
      path,
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body: structuredClone(body) })
    }
    this.writes.push({
      request: planned,
      timeoutMs: request.timeoutMs,
      createdUUID,
      before,
      after: await this.#look([...before.keys()])
    })
    return response
  }

  /** The records whose uuids stand in something. */
  async #look(where: unknown): Promise<Seen> {
    const seen = new Map<string, { path: string; record: Record<string, unknown> }>()
    const named = new Set(JSON.stringify(where ?? null).match(uuidsInText))
    for (const uuid of named)
      for (const entity of watched) {
        const path = `/${entity}/${uuid}`
        const [record] = await this.recordsAt(path)
        if (!isObject(record)) continue
        seen.set(uuid, { path, record })
        break
      }
    return seen
  }

  async #send({ method, path, query, body }: ClusterRequest): Promise<ClusterResponse> {
    const reply = await this.#cluster.call(method, toTarget(path, query), body)
    const reads = isRead(method, path)
    const raw = {
      status: reply.status,
      headers: { 'content-type': reply.contentType },
      text: reply.body,
      latencyMs: 0
    }
    try {
      const content = parseResponse({ method, path, node: 'copy', reads }, raw)
      const { status } = raw
      if (reads) return { status, body: content, node: 'copy' }
      const written = readWriteReply({ method, path, sent: body, status, body: content })
      return { status, body: content, node: 'copy', written }
    } catch (error) {
      throw error instanceof NodeFailure ? error.toError() : error
    }
  }

  lists(): RecordLists {
    const lists = recordEntities.map((entity) => [entity, this.#cluster.records(entity)])
    return Object.fromEntries(lists) as RecordLists
  }

  /** What reaches no other system requires no approval. */
  async admitAll(): Promise<undefined> {
    return undefined
  }

  sessionsOf(): CallSessions {
    const none = async (): Promise<never> => {
      throw new Error('A copy has no sessions')
    }
    return { describe: none, renew: none, kill: none }
  }

  close(): void {
    this.tasks.close()
    this.#cluster.close()
  }
}

/** A copy of a cluster by its records, in the simulator, without a network. */
export const createTwin: MakeTwin = async (records, source): Promise<Twin> => {
  const client = new TwinClient(new InProcessCluster(records, randomInt(2 ** 31)), source)
  return {
    client: client satisfies CallableClient,
    writes: client.writes,
    lists: () => client.lists(),
    close: () => client.close()
  }
}
