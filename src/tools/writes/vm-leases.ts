import { callerGone } from '../../lib/http/caller-gone.ts'
import { RecentMap } from '../../lib/flow/recent-map.ts'
import { currentCall } from '../../ledger/call-scope.ts'
import type { Lease, Store } from '../../store/store.ts'
import { storeUnavailable } from '../../store/unavailable.ts'

/** A turn that is not renewed for so long is over: its bridge has ended. */
const ttlMs = 10_000
const renewMs = 2_500
/** Between two looks at a turn that another bridge has; its end wakes who waits. */
const pollMs = 500
/** VMs of which it is known who wrote to them last. */
const maxKnown = 2_000

/** How long a write waits for its turn. */
export interface QueueOptions {
  limitMs: number
  /** What a caller gets whose turn has not come by then. */
  late: () => Error
  signal: AbortSignal
}

/**
 * The turns at VMs among bridges that share a store: a lease each. A bridge that stalled and has
 * lost one enters nothing in the ledger any more, and so sends nothing.
 */
export class VmLeases {
  readonly #store: Store
  /** The last that this bridge has had, by VM. */
  readonly #fences = new RecentMap<number>(maxKnown)

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Works while the turns of all these VMs are this bridge's.
   * @param vms in the order that all bridges take them in
   * @param work learns whether another bridge may have written since this one last did
   * @throws what `late` gives; {BridgeError} LEDGER_UNAVAILABLE, CALLER_GONE
   */
  async run<T>(
    vms: readonly string[],
    options: QueueOptions,
    work: (others: boolean) => Promise<T>
  ): Promise<T> {
    const end = performance.now() + options.limitMs
    const held: Lease[] = []
    const conditions = currentCall()?.conditions ?? []
    const renewing = setInterval(() => {
      for (const lease of held) lease.renew().catch(() => false)
    }, renewMs)
    renewing.unref()
    try {
      let others = false
      for (const vm of vms) {
        const lease = await this.#acquire(vm, end, options)
        held.push(lease)
        conditions.push(lease.held)
        others ||= lease.fence !== (this.#fences.get(vm) ?? 0) + 1
        this.#fences.set(vm, lease.fence)
      }
      return await work(others)
    } finally {
      clearInterval(renewing)
      for (const lease of held) {
        conditions.splice(conditions.indexOf(lease.held), 1)
        // Not waited for here; waiters elsewhere are woken.
        lease.release().catch(() => undefined)
      }
    }
  }

  async #acquire(vm: string, end: number, { late, signal }: QueueOptions): Promise<Lease> {
    const name = `vm ${vm}`
    for (;;) {
      const lease = await this.#store.lease(name, ttlMs).catch((error: unknown) => {
        throw storeUnavailable(this.#store, error)
      })
      if (lease !== undefined) return lease
      if (signal.aborted) throw callerGone()
      if (performance.now() > end) throw late()
      await this.#news(name, signal)
    }
  }

  #news(lease: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        stop()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, pollMs)
      signal.addEventListener('abort', end, { once: true })
      const stop = this.#store.watch(({ name, key }) => {
        if (name === 'leases' && key === lease) end()
      })
    })
  }
}
