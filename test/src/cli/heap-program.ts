// Prints how large the heap became, in MiB, of a process that keeps some records and forgets many more.
import { limitHeapGrowth } from '../../../src/cli/io/heap-growth.ts'

if (process.argv[2] === 'limited') limitHeapGrowth(0)

const record = (i: number) => ({ i, parts: [i, i, i] })

function fillAndForget(): void {
  const kept = Array.from({ length: 400_000 }, (_, i) => record(i))
  let peak = 0
  for (let i = 0; i < 6_000_000; i++) {
    // Long enough to be moved among the old ones before it is forgotten.
    kept[i % 100_000] = record(i)
    if (i % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().heapTotal)
  }
  console.log(Math.round(peak / 1024 ** 2))
}

// After the limit.
setTimeout(fillAndForget, 20)
