import { faultKind, type FaultKind } from './fault-kinds.ts'
import type { Muteness } from './node-server.ts'
import { Random } from './random.ts'

/**
 * One fault. `node`, `method` and `path` choose the calls it meets; without them it meets all but the
 * file beside the API that tells of updates, which is served while the API hangs (FACTS 17, O). What its
 * kind does, and which of the other fields it takes, is in `faultKind`.
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
  /** How likely it strikes a call that it meets, above 0 up to 1; 1 by default. */
  probability?: number
  /** Of the numbers that decide where `probability` is below 1; the cluster's by default. */
  seed?: number
  /** Milliseconds of real time. */
  ms?: number
  /** Status of the response, 200 to 599. */
  status?: number
  /** How much of an upload comes in, or of a response in a second. */
  bytes?: number
  /** How far the clock is off. */
  seconds?: number
  /** Whether the call is executed all the same. */
  executed?: boolean
  /** What is sent as JSON in place of a response; `""` by default. */
  body?: string
  /** May hold `%@` slots for the parameters. */
  message?: string
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
  random: Random
}

const updateFile = '/update/update_status.json'

function meets(fault: Fault, target: FaultTarget): boolean {
  if (fault.node !== undefined && fault.node !== target.node) return false
  if (fault.method !== undefined && fault.method !== target.method) return false
  if (fault.path === undefined) return target.path !== updateFile
  const below = target.path.replace(/^\/rest\/v1/, '')
  return [target.path, below].some(
    (path) => path === fault.path || path.startsWith(`${fault.path?.replace(/\/$/, '')}/`)
  )
}

/** The faults that are turned on. */
export class Faults {
  #active: Active[] = []
  readonly #seed: number
  readonly #changed: () => void

  /** `changed` is called whenever a fault comes or goes, for nodes to close or open. */
  constructor(seed: number, changed: () => void) {
    this.#seed = seed
    this.#changed = changed
  }

  /** Turns a fault on; what it returns turns it off again. */
  add(fault: Fault): () => void {
    const once = fault.kind === 'drop-sessions' ? 1 : Infinity
    const active = {
      fault: { ...fault },
      left: fault.times ?? once,
      random: new Random(fault.seed ?? this.#seed)
    }
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
    return this.#ofNode('node-down', node)
  }

  muteness(node: number): Muteness | undefined {
    return (['black-hole', 'tls-error'] as const).find((kind) => this.#ofNode(kind, node))
  }

  hasOtherCertificate(node: number): boolean {
    return this.#ofNode('other-certificate', node)
  }

  /** How many seconds the clock of the cluster is off. */
  get clockSeconds(): number {
    return this.#active
      .filter(({ fault }) => fault.kind === 'clock-step')
      .reduce((sum, { fault }) => sum + (fault.seconds ?? 0), 0)
  }

  /** The first fault of these kinds that strikes the call; it counts as one of its times. */
  strike(kinds: readonly FaultKind[], target: FaultTarget): Fault | undefined {
    const active = this.#active.find(
      ({ fault, random }) =>
        kinds.includes(fault.kind) &&
        meets(fault, target) &&
        (fault.probability === undefined || random.chance(fault.probability))
    )
    if (active === undefined) return undefined
    active.left -= 1
    if (active.left <= 0) this.#remove(active)
    return active.fault
  }

  #ofNode(kind: FaultKind, node: number): boolean {
    return this.#active.some(({ fault }) => fault.kind === kind && (fault.node ?? node) === node)
  }

  #remove(active: Active): void {
    if (!this.#active.includes(active)) return
    this.#active = this.#active.filter((other) => other !== active)
    this.#changed()
  }
}

/** Whether a fault keeps a whole node from responding, its own control included. */
export const silences = ({ kind, node }: Fault, index: number): boolean =>
  faultKind(kind).scope === 'node' && (node ?? index) === index
