// Prints how large the heap mostly was, in MiB, of a process that keeps some records and forgets many more.
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises'
import { limitHeapGrowth } from '../../../src/cli/io/heap-growth.ts'

if (process.argv[2] === 'limited') limitHeapGrowth(0)
await sleep(20)

const record = (i: number) => ({ i, parts: [i, i, i] })
const kept = Array.from({ length: 400_000 }, (_, i) => record(i))
const sizes: number[] = []
for (let i = 0; i < 4_000_000; i++) {
  // Long enough to be moved among the old ones before it is forgotten.
  kept[i % 100_000] = record(i)
  if (i % 2_000 !== 0) continue
  sizes.push(process.memoryUsage().heapTotal)
  await otherWork()
}
const median = sizes.toSorted((a, b) => a - b)[sizes.length >> 1] ?? NaN
console.log(Math.round(median / 1024 ** 2))
