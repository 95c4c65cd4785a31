import { Semaphore } from '../../lib/semaphore.ts'

interface Turn {
  semaphore: Semaphore
  /** Who has it or waits for it. */
  users: number
}

/** How long a write waits for its turn. */
export interface QueueOptions {
  limitMs: number
  /** What a caller gets whose turn has not come by then. */
  late: () => Error
  signal: AbortSignal
}

/**
 * Lets one write of this bridge at a time act on a VM. HyperCore responds to a write on an object that
 * another one is changing with a 500 (FACTS 4.2, O).
 */
export class VmQueue {
  /** By uuid. */
  readonly #turns = new Map<string, Turn>()

  /**
   * Waits for the turn at all of these VMs, then works. They are taken in one order, so that two who
   * want the same ones never wait for each other.
   * @param work learns whether others had a turn before, so that what was read is old
   * @throws what `late` gives; CALLER_GONE
   */
  async run<T>(
    vms: readonly string[],
    options: QueueOptions,
    work: (waited: boolean) => Promise<T>
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
      return await work(waited)
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
