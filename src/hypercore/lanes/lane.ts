import { callerGone } from '../../lib/http/caller-gone.ts'
import { afterSilence } from '../../lib/time/after-silence.ts'
import { FairQueue } from './fair-queue.ts'

/** Permission to send one request to a node. */
export interface Slot<N> {
  node: N
  /** To be called once, when the request is over. */
  leave(): void
}

/** A requester of a slot. */
export interface Asker<N> {
  token: string
  /**
   * It continues with what was begun: it comes before those who begin something, so that nothing is left
   * half done for those who wait at the door.
   */
  continues: boolean
  /** Nodes that would do, in groups; a later group only where no node of those before it is in use. */
  nodes(): readonly (readonly N[])[]
  waitMs: number
  signal?: AbortSignal | undefined
}

export interface LaneLimits<N> {
  /** Slots at a node, as its health allows. */
  slotsAt(node: N): number
  /** Up to this many requests stay with the first node; above, the node with fewest is asked. */
  together: number
  /** While this many wait, a caller that comes to begin something is rejected at once. */
  maxWaiting: number
}

interface Waiter<N> extends Asker<N> {
  enter(slot: Slot<N>): void
}

/** What is thrown to one who got no slot in time. */
export class LaneFull extends Error {
  override readonly name = 'LaneFull'
  readonly waitedMs: number

  constructor(waitedMs: number) {
    super('No slot came free in time')
    this.waitedMs = waitedMs
  }
}

/**
 * The requests of one kind that are under way at the nodes. Each node has some slots for them; who finds
 * none free waits for one at any node that would do.
 */
export class Lane<N> {
  readonly #limits: LaneLimits<N>
  readonly #busy = new Map<N, number>()
  readonly #continuing = new FairQueue<Waiter<N>>()
  readonly #starting = new FairQueue<Waiter<N>>()

  constructor(limits: LaneLimits<N>) {
    this.#limits = limits
  }

  get waiting(): number {
    return this.#continuing.size + this.#starting.size
  }

  /** Requests under way, at one node or at all. */
  underWay(node?: N): number {
    if (node !== undefined) return this.#busy.get(node) ?? 0
    return [...this.#busy.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Throws LaneFull, or CALLER_GONE. */
  enter(asker: Asker<N>): Promise<Slot<N>> {
    const { token, continues, waitMs, signal } = asker
    if (signal?.aborted === true) return Promise.reject(callerGone())
    if (!continues && this.#starting.size >= this.#limits.maxWaiting)
      return Promise.reject(new LaneFull(0))
    const queue = continues ? this.#continuing : this.#starting
    return new Promise((resolve, reject) => {
      let isIn = false
      let stopWaiting = (): void => {}
      const waiter: Waiter<N> = {
        ...asker,
        enter(slot) {
          isIn = true
          stopWaiting()
          resolve(slot)
        }
      }
      queue.add(token, waiter)
      this.pump()
      if (isIn) return
      const giveUp = (error: Error): void => {
        stopWaiting()
        queue.remove(token, waiter)
        reject(error)
      }
      const onAbort = (): void => giveUp(callerGone())
      signal?.addEventListener('abort', onAbort, { once: true })
      const cancelTimer = afterSilence(waitMs, () => giveUp(new LaneFull(waitMs)))
      stopWaiting = () => {
        cancelTimer()
        signal?.removeEventListener('abort', onAbort)
      }
    })
  }

  /** Lets in who has a slot now; to be called when a node may take more than before. */
  pump(): void {
    for (const queue of [this.#continuing, this.#starting])
      for (;;) {
        let slot: Slot<N> | undefined
        const next = queue.take((waiter) => {
          const node = this.#choose(waiter.nodes())
          if (node !== undefined) slot = this.#slotAt(node)
          return node !== undefined
        })
        if (next === undefined || slot === undefined) break
        next.enter(slot)
      }
  }

  #choose(groups: readonly (readonly N[])[]): N | undefined {
    for (const nodes of groups) {
      const free = nodes.filter((node) => this.underWay(node) < this.#limits.slotsAt(node))
      const calm = free.find((node) => this.underWay(node) < this.#limits.together)
      const least = free.toSorted((a, b) => this.underWay(a) - this.underWay(b))[0]
      if (least !== undefined) return calm ?? least
    }
    return undefined
  }

  #slotAt(node: N): Slot<N> {
    this.#busy.set(node, this.underWay(node) + 1)
    let left = false
    return {
      node,
      leave: () => {
        if (left) return
        left = true
        const others = this.underWay(node) - 1
        if (others > 0) this.#busy.set(node, others)
        else this.#busy.delete(node)
        this.pump()
      }
    }
  }
}
