import { Semaphore } from '../../lib/flow/semaphore.ts'
import type { QueueOptions, VmLeases } from './vm-leases.ts'

interface Turn {
  semaphore: Semaphore
  /** Who has it or waits for it. */
  users: number
}

/** A turn that came later than this had to be waited for. */
const longMs = 1_000

/**
 * Lets one write at a time act on a VM. HyperCore responds to a write on an object that
 * another one is changing with a 500 (FACTS 4.2, O).
 */
export class VmQueue {
  /** By uuid. */
  readonly #turns = new Map<string, Turn>()
  readonly #leases: VmLeases | undefined

  /** @param leases where other bridges write to the same VMs */
  constructor(leases?: VmLeases) {
    this.#leases = leases
  }

  /**
   * Waits for the turn at all of these VMs, then works. They are taken in one order, so that two
   * calls for the same ones never wait for each other.
   * @param work learns whether it had to wait, and whether others had a turn before, so that what was read
   * is old
   * @throws what `late` gives; CALLER_GONE
   */
  async run<T>(
    vms: readonly string[],
    options: QueueOptions,
    work: (waited: boolean, isOld: boolean) => Promise<T>
  ): Promise<T> {
    const { limitMs, late, signal } = options
    const end = performance.now() + limitMs
    const held: Semaphore[] = []
    const order = [...new Set(vms)].toSorted()
    for (const vm of order) this.#turn(vm).users += 1
    const waited = order.some((vm) => this.#turn(vm).users > 1)
    try {
      for (const vm of order) {
        const { semaphore } = this.#turn(vm)
        await semaphore.acquire(Math.max(0, end - performance.now()), late, signal)
        held.push(semaphore)
      }
      if (this.#leases === undefined) return await work(waited, waited)
      const askedAt = performance.now()
      const left = { ...options, limitMs: Math.max(0, end - askedAt) }
      return await this.#leases.run(order, left, (others) =>
        work(waited || performance.now() - askedAt > longMs, waited || others)
      )
    } finally {
      for (const semaphore of held) semaphore.release()
      for (const vm of order) {
        const turn = this.#turn(vm)
        turn.users -= 1
        if (turn.users === 0) this.#turns.delete(vm)
      }
    }
  }

  #turn(vm: string): Turn {
    const present = this.#turns.get(vm)
    if (present !== undefined) return present
    const turn = { semaphore: new Semaphore(1), users: 0 }
    this.#turns.set(vm, turn)
    return turn
  }
}
