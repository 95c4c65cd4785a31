/** What can be broken on purpose. */
export const faultKinds = [
  'node-down',
  'slow',
  'hang',
  'drop-sessions',
  'html-502',
  'truncated-json',
  'reset-before',
  'reset-after',
  'error-500',
  'fail-task'
] as const

export type FaultKind = (typeof faultKinds)[number]

/**
 * One fault. `node`, `method` and `path` choose the calls it meets; without them it meets all.
 *
 * - `node-down`: the node refuses connections until the fault is removed.
 * - `slow`: answers come `ms` later (1000).
 * - `hang`: the call is accepted and never answered.
 * - `drop-sessions`: the sessions end before the call is looked at.
 * - `html-502`: the front server's page instead of an answer.
 * - `truncated-json`: the call is executed, its answer ends halfway.
 * - `reset-before`, `reset-after`: the connection is reset before the call is executed, or after.
 * - `error-500`: the cluster's own JSON error; the call is not executed.
 * - `fail-task`: the tasks that the call starts end in ERROR with `message`.
 */
export interface Fault {
  kind: FaultKind
  /** Number of the node, from 0. */
  node?: number
  method?: string
  /** Beginning of the path, below /rest/v1 or whole: `/VirDomain` meets `/VirDomain/action` too. */
  path?: string
  /** How often it strikes; without it always (`drop-sessions`: once). */
  times?: number
  /** Milliseconds of real time, for `slow`. */
  ms?: number
  /** For `fail-task` and `error-500`; may hold `%@` slots for the parameters. */
  message?: string
  /** For `fail-task`. */
  parameters?: string[]
}

/** A call as the faults see it. */
export interface FaultTarget {
  node: number
  method: string
  path: string
}

interface Active {
  fault: Fault
  left: number
}

function meets(fault: Fault, target: FaultTarget): boolean {
  if (fault.node !== undefined && fault.node !== target.node) return false
  if (fault.method !== undefined && fault.method !== target.method) return false
  if (fault.path === undefined) return true
  const below = target.path.replace(/^\/rest\/v1/, '')
  return [target.path, below].some(
    (path) => path === fault.path || path.startsWith(`${fault.path?.replace(/\/$/, '')}/`)
  )
}

/** The faults that are turned on. */
export class Faults {
  #active: Active[] = []
  readonly #changed: () => void

  /** `changed` is called whenever a fault comes or goes, for nodes to close or open. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Turns a fault on; the answer turns it off again. */
  add(fault: Fault): () => void {
    const once = fault.kind === 'drop-sessions' ? 1 : Infinity
    const active = { fault: { ...fault }, left: fault.times ?? once }
    this.#active.push(active)
    this.#changed()
    return () => this.#remove(active)
  }

  clear(): void {
    this.#active = []
    this.#changed()
  }

  /** The faults still on; `times` is what is left of it. */
  list(): Fault[] {
    return this.#active.map(({ fault, left }) =>
      Number.isFinite(left) ? { ...fault, times: left } : { ...fault }
    )
  }

  isDown(node: number): boolean {
    return this.#active.some(
      ({ fault }) => fault.kind === 'node-down' && (fault.node ?? node) === node
    )
  }

  /** The first fault of this kind that meets the call, without using it up. */
  find(kind: FaultKind, target: FaultTarget): Fault | undefined {
    return this.#active.find(({ fault }) => fault.kind === kind && meets(fault, target))?.fault
  }

  /** The first fault of these kinds that meets the call; counts as one strike. */
  strike(kinds: readonly FaultKind[], target: FaultTarget): Fault | undefined {
    const active = this.#active.find(
      ({ fault }) => kinds.includes(fault.kind) && meets(fault, target)
    )
    if (active === undefined) return undefined
    active.left -= 1
    if (active.left <= 0) this.#remove(active)
    return active.fault
  }

  #remove(active: Active): void {
    if (!this.#active.includes(active)) return
    this.#active = this.#active.filter((other) => other !== active)
    this.#changed()
  }
}
