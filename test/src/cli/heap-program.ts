// Prints as JSON how large the heap and its young generation mostly were, in MiB, of a process that keeps some
// records and forgets many more.
import { setImmediate as otherWork } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { limitHeapGrowth } from '../../../src/cli/heap-growth.ts'

if (process.argv[2] === 'limited') limitHeapGrowth()

const record = (i: number) => ({ i, parts: [i, i, i] })
const kept: object[] = []
while (kept.length < 400_000) {
  for (let i = 0; i < 2_000; i++) kept.push(record(i))
  await otherWork()
}
const heap: number[] = []
const young: number[] = []
for (let i = 0; i < 4_000_000; i++) {
  // Long enough to be moved among the old ones before it is forgotten.
  kept[i % 100_000] = record(i)
  if (i % 2_000 !== 0) continue
  heap.push(process.memoryUsage().heapTotal)
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  young.push(space?.space_size ?? NaN)
  await otherWork()
}
const medianMiB = (sizes: number[]): number =>
  Math.round((sizes.toSorted((a, b) => a - b)[sizes.length >> 1] ?? NaN) / 1024 ** 2)
console.log(JSON.stringify({ heap: medianMiB(heap), young: medianMiB(young) }))
