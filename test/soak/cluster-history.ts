import type { Simulator } from '../../src/simulator/simulator.ts'

/** A value, and since when it was the one. */
export interface Since<T> {
  at: number
  value: T
}

/** What a cluster showed and when: what a read may return. */
export class ClusterHistory {
  readonly #simulator: Simulator
  readonly #descriptions = new Map<string, Since<string>[]>()
  readonly #names = new Map<string, string>()
  readonly #counts: Since<number>[] = []
  readonly #timer: NodeJS.Timeout

  constructor(simulator: Simulator) {
    this.#simulator = simulator
    this.sample()
    // Tasks last far longer, and run in this process, too.
    this.#timer = setInterval(() => this.sample(), 5)
    simulator.witnesses.add(() => this.sample())
  }

  sample(): void {
    const at = performance.now()
    const { virDomains } = this.#simulator.world.state
    for (const { uuid, name, description } of virDomains.values()) {
      this.#names.set(uuid, name)
      let history = this.#descriptions.get(uuid)
      if (history === undefined) this.#descriptions.set(uuid, (history = []))
      if (history.at(-1)?.value !== description) history.push({ at, value: description })
    }
    if (this.#counts.at(-1)?.value !== virDomains.size)
      this.#counts.push({ at, value: virDomains.size })
  }

  /** The name that a VM has, or had. */
  nameOf(uuid: string): string | undefined {
    return this.#names.get(uuid)
  }

  /** What the description of a VM was at any time from one point to another. */
  descriptions(uuid: string, from: number, to: number): Since<string>[] {
    return during(this.#descriptions.get(uuid) ?? [], from, to)
  }

  /** How many VMs there were. */
  counts(from: number, to: number): number[] {
    return during(this.#counts, from, to).map(({ value }) => value)
  }

  /** Drops what happened long ago and no longer matters. */
  forget(before: number): void {
    const counts = during(this.#counts, before, Infinity)
    this.#counts.splice(0, this.#counts.length, ...counts)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

function during<T>(history: readonly Since<T>[], from: number, to: number): Since<T>[] {
  const first = history.findLastIndex(({ at }) => at <= from)
  return history.slice(Math.max(0, first)).filter(({ at }) => at <= to)
}
