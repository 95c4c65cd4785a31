import { BusyTime } from '../lib/process/busy-time.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import type { HttpMethod } from '../lib/http/http-method.ts'
import { isObject, type JsonObject } from '../lib/json/json.ts'
import type { Entities, EntityPath } from './records/entities.ts'
import type { Cluster } from './records/records.ts'
import type { CallAuthority, Grant } from '../identity/authority.ts'
import { type PlannedRequest, SequenceGrant } from './writes/sequence.ts'
import type { StreamBody, StreamFacts } from './requests/stream-body.ts'
import type { CallSessions } from './sessions/session-info.ts'
import { CallTasks } from './tasks/call-tasks.ts'
import type { Tasks } from './tasks/tasks.ts'
import type { TimeLimits } from './transport/time-limits.ts'
import type { UpdateWatch } from './updates/update-watch.ts'
import type { NamedVm, VmNames } from './records/vm-names.ts'
import type { WriteReply } from './writes/write-result.ts'

/** One call of the HyperCore API. */
export interface ClusterRequest {
  method: HttpMethod
  /** Below `/rest/v1`; begins with `/`, already percent-encoded. */
  path: string
  /** An array repeats its key; undefined is left out. */
  query?: Record<string, string | number | boolean | readonly string[] | undefined>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as bytes in place of a JSON body, as they come in; of a request that is only judged, its facts. */
  stream?: StreamBody | StreamFacts | undefined
  /** Ends the call at the cluster at once when the caller goes away. */
  signal?: AbortSignal
  /** How long the response to a write may take, for those that are slow by nature. */
  timeoutMs?: number
  /** On whose behalf it is sent; undefined for the bridge itself, which only reads. */
  authority?: CallAuthority
  /** The name of something a write acts on, where the call has read it. */
  nameOf?: (uuid: string) => string | undefined
}

/** A 2xx response. */
export interface ClusterResponse {
  status: number
  /** Parsed JSON, or text, or undefined when there was no body. */
  body: unknown
  /** Host (and port, unless 443) of the node that responded. */
  node: string
  /** The outcome of a write, as far as its response tells; undefined for a read. */
  written?: WriteReply
  /**
   * Unix milliseconds of the node's clock, to the second, by the Date header of its front server;
   * undefined where it sends none (RFC 9110 6.6.1: a server with a clock does; not attested, medium).
   */
  clock?: number
}

/** A POST that only reads (FACTS 6.2 and 21, O). */
const readingPost = /^\/VirDomainBlockDevice\/[^/]+\/snapDiff\/?$/

/** Whether a call changes nothing and may be repeated. */
export function isRead(method: HttpMethod, path: string): boolean {
  if (method === 'GET' || method === 'OPTIONS') return true
  return method === 'POST' && readingPost.test(path)
}

interface ReadOptions {
  signal?: AbortSignal
}

interface ListOptions extends ReadOptions {
  query?: ClusterRequest['query']
}

/** Lists, records and writes by their types, on top of one way to send a request. */
export abstract class ClusterApi {
  /** Any call. Only 2xx is a response; everything else is thrown as `BridgeError`. */
  abstract request(request: ClusterRequest): Promise<ClusterResponse>

  /** A GET that must return an array, as all lists do (FACTS 3.1, S). */
  list<P extends EntityPath>(path: P, options: ListOptions = {}): Promise<Entities[P][]> {
    return this.#array(path, options)
  }

  /**
   * GET /X/{uuid}: the record as it is now, or undefined for the cluster's `[]` (FACTS 3.1, S) and
   * for a 404, which official clients take for the same.
   */
  async record<P extends EntityPath>(
    path: P,
    uuid: string,
    options: ReadOptions = {}
  ): Promise<Entities[P] | undefined> {
    try {
      const [record] = await this.#array<Entities[P]>(`${path}/${uuid}`, options)
      return record
    } catch (error) {
      if (
        error instanceof BridgeError &&
        error.code === 'CLUSTER_REFUSED' &&
        error.statusCode === 404
      )
        return undefined
      throw error
    }
  }

  /** The records at a path, whatever they are; none where the cluster returns no list. */
  async recordsAt(path: string, options: ReadOptions = {}): Promise<JsonObject[]> {
    const { body } = await this.request({ method: 'GET', path, ...options })
    return Array.isArray(body) ? (body as unknown[]).filter(isObject) : []
  }

  /** The one Cluster record. */
  async cluster(options: ReadOptions = {}): Promise<Cluster> {
    const [cluster] = await this.list('/Cluster', options)
    if (cluster !== undefined) return cluster
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      'The cluster returned no Cluster record; check that SCALE_HOST names a HyperCore node.'
    )
  }

  /** A write that returns a WriteResult (FACTS 3.2, S), or leaves its outcome in `doubt`. */
  async write(
    method: 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    options: { signal?: AbortSignal; timeoutMs?: number } = {}
  ): Promise<WriteReply> {
    const { written } = await this.request({ method, path, body, ...options })
    return written ?? { taskTag: '', createdUUID: '' }
  }

  async #array<T>(path: string, options: ListOptions): Promise<T[]> {
    const { body, node } = await this.request({ method: 'GET', path, ...options })
    if (Array.isArray(body)) return body as T[]
    throw new BridgeError(
      'CLUSTER_BAD_ANSWER',
      `The cluster node ${node} returned something for GET ${path} that is not a list; check that ` +
        'SCALE_HOST names a HyperCore node.',
      { details: { node, status: 200 } }
    )
  }
}

/** Lists and records of which a call remembers the names. */
const maxRemembered = 50

/** The cluster as one call reads it. */
export interface ClusterAccess {
  hypercore: ClusterCall
  /** Aborts when the caller goes away. */
  signal: AbortSignal
}

/** Leave for a sequence, and the cluster as its writes reach it. */
export interface AdmittedCall {
  grant: Grant
  hypercore: ClusterCall
}

/** A client that calls can be made with. */
export type CallableClient = ClusterApi &
  Pick<ClusterCall, 'limits' | 'updates'> & {
    tasks: Pick<Tasks, 'read' | 'follow'>
    /** Undefined where no names are kept. */
    vmNames?: Pick<VmNames, 'called'>
    /** Undefined where no guard is asked. */
    admitAll(
      requests: readonly PlannedRequest[],
      authority: CallAuthority,
      signal: AbortSignal
    ): Promise<Grant | undefined>
    sessionsOf(authority: CallAuthority): CallSessions
  }

/**
 * The cluster as one call of a tool, prompt or resource uses it; never shared between calls.
 *
 * Keeps the records that the call has listed, so that the one a name was resolved to is not read
 * a second time. A write, whatever its outcome, makes it forget them all.
 */
export class ClusterCall extends ClusterApi {
  readonly tasks: CallTasks
  readonly sessions: CallSessions
  readonly limits: TimeLimits
  readonly updates: Pick<UpdateWatch, 'look'>
  readonly #client: CallableClient
  readonly #authority: CallAuthority
  /**
   * By path and uuid, and whole lists by their path. Replaced with every write: a list that comes in
   * late is kept nowhere.
   */
  #records = new Map<string, unknown>()
  /** What the call has read, for the names in it. */
  #read: unknown[][] = []
  /** Tags of the tasks that its writes began. */
  #started = new Set<string>()
  /** How long it has waited for the cluster. */
  #waits = new BusyTime()

  constructor(client: CallableClient, authority: CallAuthority) {
    super()
    this.#client = client
    this.#authority = authority
    this.tasks = new CallTasks(client.tasks, (taskTag, signal) => this.#maySee(taskTag, signal))
    this.sessions = client.sessionsOf(authority)
    this.limits = client.limits
    this.updates = client.updates
  }

  /** How long its requests took together, and how many there were. */
  get waits(): Readonly<Pick<BusyTime, 'ms' | 'count'>> {
    return this.#waits
  }

  /**
   * The VMs that had a name a few seconds ago, for calls that read; undefined where names are not known, or
   * not all VMs are the caller's to see.
   */
  recentlyCalled(name: string): readonly NamedVm[] | undefined {
    const { vmTags } = this.#authority.principal
    return vmTags === undefined ? this.#client.vmNames?.called(name) : undefined
  }

  override async request(request: ClusterRequest): Promise<ClusterResponse> {
    return this.#waits.during(this.#request(request))
  }

  async #request(request: ClusterRequest): Promise<ClusterResponse> {
    const authorized = { ...request, authority: this.#authority }
    if (isRead(request.method, request.path)) {
      const response = await this.#client.request(authorized)
      const { body } = response
      if (Array.isArray(body) && this.#read.length < maxRemembered) this.#read.push(body)
      return response
    }
    this.forget()
    try {
      const response = await this.#client.request({
        ...authorized,
        nameOf: (uuid) => this.#nameOf(uuid)
      })
      this.#started.add(response.written?.taskTag ?? '')
      return response
    } finally {
      this.forget()
    }
  }

  /** Whether its caller may see a task: of a limited one, as far as the cluster still knows the task. */
  async #maySee(taskTag: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#authority.principal.vmTags === undefined || this.#started.has(taskTag)) return true
    if (!/^[\w-]+$/.test(taskTag)) return false
    return (await this.record('/TaskTag', taskTag, { ...(signal && { signal }) })) !== undefined
  }

  /** The same call, with what it has read so far, on the terms that its arguments set. */
  under(authority: CallAuthority): ClusterCall {
    const call = new ClusterCall(this.#client, authority)
    call.#records = this.#records
    call.#read = this.#read
    call.#started = this.#started
    call.#waits = this.#waits
    return call
  }

  /**
   * Leave to send all these writes, in their order, each once: asked for, and where a person has to
   * approve it approved, as one.
   * @param inWords what they come to, for the approver
   * @throws {BridgeError} why they may not be sent; nothing is sent by it
   */
  async admitAll(
    requests: readonly PlannedRequest[],
    inWords: string,
    signal: AbortSignal
  ): Promise<AdmittedCall> {
    const grant = await this.#client.admitAll(requests, { ...this.#authority, inWords }, signal)
    const allowed = grant ?? new SequenceGrant(requests, undefined)
    return { grant: allowed, hypercore: this.under({ ...this.#authority, grant: allowed }) }
  }

  /** The name under which the call has read a record last. */
  #nameOf(uuid: string): string | undefined {
    const isMeant = (record: unknown): record is JsonObject =>
      isObject(record) && String(record['uuid']).toLowerCase() === uuid.toLowerCase()
    for (const records of this.#read.toReversed()) {
      const found = records.find(isMeant)
      const name = found?.['name'] ?? found?.['label'] ?? found?.['clusterName']
      if (typeof name === 'string' && name !== '') return name
    }
    return undefined
  }

  /** Makes the call read again what it has read: others had time to change it. */
  forget(): void {
    this.#records = new Map()
  }

  override async list<P extends EntityPath>(
    path: P,
    options: ListOptions = {}
  ): Promise<Entities[P][]> {
    const known = this.#records
    const records = await super.list(path, options)
    if (options.query === undefined) known.set(path, records)
    for (const record of records) if ('uuid' in record) known.set(`${path}/${record.uuid}`, record)
    return records
  }

  /** A list as this call has read it since its last write; read now where it has not. */
  async knownList<P extends EntityPath>(
    path: P,
    options: ReadOptions = {}
  ): Promise<Entities[P][]> {
    const known = this.#records.get(path) as Entities[P][] | undefined
    return known ?? this.list(path, options)
  }

  /**
   * A record as this call has read it since its last write; read now where it has not. For what is
   * to be known right after a name was resolved, not for looking again.
   */
  async known<P extends EntityPath>(
    path: P,
    uuid: string,
    options: ReadOptions = {}
  ): Promise<Entities[P] | undefined> {
    const key = `${path}/${uuid}`
    const records = this.#records
    if (!records.has(key)) records.set(key, await this.record(path, uuid, options))
    return records.get(key) as Entities[P] | undefined
  }
}
