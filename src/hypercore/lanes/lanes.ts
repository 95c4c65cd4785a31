import { randomInt } from 'node:crypto'
import { BridgeError } from '../../lib/errors/errors.ts'
import { type ClusterRequest, isRead } from '../cluster-api.ts'
import { type CallKind, callKinds } from '../transport/call-kind.ts'
import type { ClusterNode } from '../transport/cluster-node.ts'
import { NodeFailure } from '../transport/node-failure.ts'
import { msUntil, type TimeLimits, toSeconds } from '../transport/time-limits.ts'
import { Lane, LaneFull, type Slot } from './lane.ts'

/** What a lane takes of a node: its API runs beside the customer's VMs. */
interface LaneShape {
  /** Requests at a time. */
  slots: number
  /** Up to this many stay with the preferred node. */
  together: number
  /** `retryAfterSeconds` of a full lane, at least. */
  minRetrySeconds: number
  /** As messages name them. */
  words: string
}

const shapes: Record<CallKind, LaneShape> = {
  // One call asks for up to ten lists at once, and stays with one node and its session.
  read: { slots: 12, together: 10, minRetrySeconds: 2, words: 'reads' },
  poll: { slots: 4, together: 4, minRetrySeconds: 2, words: 'looks at tasks' },
  write: { slots: 8, together: 4, minRetrySeconds: 2, words: 'writes' },
  // Exports, imports and uploads; the response to one may take minutes (FACTS 5.8, S).
  transfer: { slots: 8, together: 1, minRetrySeconds: 20, words: 'exports, imports and uploads' }
}

/** Requests of a kind at a time at a node that is well. */
export const slotsOf = (kind: CallKind): number => shapes[kind].slots

/** Connections that a node needs for its lanes. */
export const slotsPerNode = callKinds.reduce((sum, kind) => sum + shapes[kind].slots, 0)

const maxWaiting = 200

/** A task by its tag; who follows one looks again and again. */
const task = /^\/TaskTag\/[^/]+\/?$/

/** @param quickMs how long the response to a quick write may take */
export function laneOf(
  { method, path, stream, timeoutMs = 0 }: ClusterRequest,
  quickMs: number
): CallKind {
  if (stream !== undefined) return 'transfer'
  if (isRead(method, path)) return task.test(path) ? 'poll' : 'read'
  return timeoutMs > quickMs ? 'transfer' : 'write'
}

/** Requests of one kind at this moment. */
export interface LaneState {
  lane: CallKind
  underWay: number
  waiting: number
}

export type NodeSlot = Slot<ClusterNode>

/** Which nodes would do, the best group first, and how many requests of a kind one may take. */
export interface NodeChoice {
  groups(kind: CallKind): readonly (readonly ClusterNode[])[]
  /** @param most when the node is well */
  slotsAt(node: ClusterNode, kind: CallKind, most: number): number
}

const tokenOf = ({ authority }: ClusterRequest): string => authority?.principal.name ?? ''

/** Who has been let in already, by call. */
type Admitted = WeakMap<object, Set<CallKind>>

/** Of those of the client: what a quick write may take, and until a full lane is reported. */
export type LaneLimits = Pick<TimeLimits, 'headersMs' | 'laneMs'>

/** The traffic to the cluster: how many requests of each kind go to which node, and whose turn it is. */
export class Lanes {
  readonly #choice: NodeChoice
  readonly #limits: LaneLimits
  readonly #lanes: Record<CallKind, Lane<ClusterNode>>
  readonly #admitted: Admitted = new WeakMap()

  constructor(choice: NodeChoice, limits: LaneLimits) {
    this.#choice = choice
    this.#limits = limits
    const lane = (kind: CallKind): Lane<ClusterNode> =>
      new Lane({
        slotsAt: (node) => choice.slotsAt(node, kind, shapes[kind].slots),
        together: shapes[kind].together,
        maxWaiting
      })
    this.#lanes = {
      read: lane('read'),
      poll: lane('poll'),
      write: lane('write'),
      transfer: lane('transfer')
    }
  }

  /** A node may take more than before. */
  pump(): void {
    for (const kind of callKinds) this.#lanes[kind].pump()
  }

  state(): LaneState[] {
    return callKinds.map((lane) => ({
      lane,
      underWay: this.#lanes[lane].underWay(),
      waiting: this.#lanes[lane].waiting
    }))
  }

  /**
   * A slot at the best node that has one. A call that was let in once may wait for its next
   * requests until their deadline, ahead of all calls that begin: it is not rejected halfway.
   * @param by the latest it may wait until; a call that begins waits for 2 s at most
   * @throws {BridgeError} CLUSTER_BUSY; CALLER_GONE
   */
  async enter(request: ClusterRequest, by: number): Promise<NodeSlot> {
    const kind = this.kindOf(request)
    const { authority, signal } = request
    const call = authority?.origin ?? authority
    const continues = call !== undefined && this.#continues(call, kind)
    try {
      const slot = await this.#lanes[kind].enter({
        token: tokenOf(request),
        continues,
        nodes: () => this.#choice.groups(kind),
        waitMs: continues ? msUntil(by) : Math.min(msUntil(by), this.#limits.laneMs),
        signal
      })
      if (call !== undefined) this.#letIn(call, kind)
      return slot
    } catch (error) {
      throw error instanceof LaneFull ? this.#busy(kind, error) : error
    }
  }

  /**
   * A slot at this node and no other, for a request that was let in and has to continue there.
   * @throws {NodeFailure} that says nothing about the node; CALLER_GONE
   */
  async enterAt(node: ClusterNode, request: ClusterRequest, by: number): Promise<NodeSlot> {
    try {
      return await this.#lanes[this.kindOf(request)].enter({
        token: tokenOf(request),
        continues: true,
        nodes: () => [[node]],
        waitMs: msUntil(by),
        signal: request.signal
      })
    } catch (error) {
      if (!(error instanceof LaneFull)) throw error
      throw new NodeFailure({
        code: 'CLUSTER_TIMEOUT',
        node: node.name,
        reason: `had no free connection for ${toSeconds(error.waitedMs)} s`,
        advice: 'it is busy with other calls, try again later',
        mayHaveActed: false,
        repeat: 'elsewhere',
        blameless: true
      })
    }
  }

  kindOf(request: ClusterRequest): CallKind {
    return laneOf(request, this.#limits.headersMs)
  }

  /** Reads that follow anything continue with it; a write only with another one of its kind. */
  #continues(call: object, kind: CallKind): boolean {
    const before = this.#admitted.get(call)
    return before !== undefined && (kind === 'read' || kind === 'poll' || before.has(kind))
  }

  #letIn(call: object, kind: CallKind): void {
    const before = this.#admitted.get(call) ?? new Set()
    this.#admitted.set(call, before.add(kind))
  }

  /** The error for a caller that got no slot; nothing was sent. */
  #busy(kind: CallKind, { waitedMs }: LaneFull): BridgeError {
    const { words, minRetrySeconds } = shapes[kind]
    // Not all at the same moment.
    const retryAfterSeconds = minRetrySeconds + randomInt(3)
    const since = waitedMs === 0 ? '' : ` for ${toSeconds(waitedMs)} s`
    return new BridgeError(
      'CLUSTER_BUSY',
      `The limit of ${words} at the cluster is reached ` +
        `(${this.#lanes[kind].underWay()}), and none of them ended${since}. Nothing was sent: try again in ${retryAfterSeconds} s.`,
      { details: { retryAfterSeconds } }
    )
  }
}
