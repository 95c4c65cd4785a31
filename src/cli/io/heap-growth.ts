import { setFlagsFromString } from 'node:v8'

/** By then everything is loaded that was compiled ahead: it counts for the usual options alone. */
const defaultAfterMs = 10_000

/**
 * Lets V8 collect garbage once the heap has grown by 30 percent, and not by one to three times its size: a
 * bridge under load keeps 155 MiB in place of 205, and what a call takes of the processor does not change
 * (docs/performance.md). Only for the process that runs the bridge, while it runs.
 */
export function limitHeapGrowth(afterMs = defaultAfterMs): void {
  setTimeout(() => setFlagsFromString('--heap-growing-percent=30'), afterMs).unref()
}
