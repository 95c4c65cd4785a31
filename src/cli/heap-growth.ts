import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Of both halves of the young generation; V8 lets it grow to 32 MiB and more. */
const youngBytes = 8 * 1024 ** 2

const youngSize = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0

/**
 * Lets the young generation double after a collection until it has `youngBytes`. The option that limits it has
 * to be there when Node.js starts; the factor by which it grows can be set at any time. While nothing is done
 * V8 makes it small, so that it has to be allowed to grow again.
 */
function limitYoungGeneration(): void {
  let isGrowing = true
  new PerformanceObserver(() => {
    const mayGrow = youngSize() < youngBytes
    if (mayGrow !== isGrowing) setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
    isGrowing = mayGrow
  }).observe({ entryTypes: ['gc'] })
}

/**
 * Lets V8 collect garbage once the heap has grown by 30 percent, and not by one to three times its size, and
 * keeps the space for new objects small: a bridge under load keeps 135 MiB in place of 205, and what a call
 * takes of the processor does not change (docs/performance.md). What was compiled ahead counts for V8's usual
 * options alone: it has to be loaded before this, and a cache of compiled code written before it.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString('--heap-growing-percent=30')
  limitYoungGeneration()
}
