import type { NodeStatus } from '../../src/hypercore/transport/node-status.ts'
import type { PlanMoment } from '../../src/simulator/plan/play-plan.ts'

/** How long it took until every node was in use again after a fault was over. */
export interface Recovery {
  fault: string
  seconds: number
}

interface Ended {
  fault: string
  at: number
}

/** Until the next fault begins, all nodes should be in use again. */
const isWell = ({ kinds }: NodeStatus): boolean =>
  kinds.every(({ position }) => position !== 'open')

/** What goes wrong at the moment, and how soon it is over for those behind it. */
export class Troubles {
  readonly recoveries: Recovery[] = []
  /** Faults that began, by kind. */
  readonly faults: Record<string, number> = {}
  readonly #calmMs: number
  readonly #limitMs: number
  readonly #under = new Set<PlanMoment['event']>()
  /** Kinds of faults since all was well. */
  #since = new Set<string>()
  #lastAt = -Infinity
  #ended: Ended | undefined

  /**
   * @param limitMs how long a node may be left alone after it is well
   * @param calmMs after the last fault, nothing may fail any more
   */
  constructor(limitMs: number, calmMs: number) {
    this.#limitMs = limitMs
    this.#calmMs = calmMs
  }

  /** Something begins or ends. */
  note(moment: PlanMoment): void {
    const { event, phase } = moment
    const at = performance.now()
    this.#lastAt = at
    this.#ended = undefined
    if (phase === 'begins') {
      this.faults[event.kind] = (this.faults[event.kind] ?? 0) + 1
      // What has no end strikes once.
      if (event.kind === 'update' || event.for !== undefined) this.#under.add(event)
      this.#since.add(event.kind)
      return
    }
    this.#under.delete(event)
    if (this.#under.size > 0 || this.#since.size === 0) return
    const fault = this.#since.size > 2 ? 'several' : [...this.#since].join(' and ')
    this.#ended = { fault, at }
  }

  /** All that began is over. */
  get areOver(): boolean {
    return this.#under.size === 0
  }

  /** A recovery is waited for. */
  get isAwaited(): boolean {
    return this.#ended !== undefined
  }

  /** How the nodes stand. */
  look(nodes: readonly NodeStatus[]): void {
    const ended = this.#ended
    if (ended === undefined || !nodes.every(isWell)) return
    this.#ended = undefined
    this.#since = new Set()
    const seconds = (performance.now() - ended.at) / 1000
    this.recoveries.push({ fault: ended.fault, seconds })
  }

  /** What a node is still left alone after, though it is well for long. */
  get late(): Recovery | undefined {
    if (this.#ended === undefined) return undefined
    const { fault, at } = this.#ended
    const ms = performance.now() - at
    return ms > this.#limitMs ? { fault, seconds: ms / 1000 } : undefined
  }

  /** Whether nothing went wrong from one point in time to another, nor shortly before. */
  wereNone(from: number): boolean {
    return this.#under.size === 0 && from - this.#lastAt > this.#calmMs
  }
}
