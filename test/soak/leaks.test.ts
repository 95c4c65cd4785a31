import t from 'tap'
import { heapLeak, heapSlope } from './leaks.ts'

/** Samples of a heap that grows by `kibPerCall` after its warm-up, with an occasional peak. */
const heapOf = (kibPerCall: number, count = 30): { calls: number; heapMiB: number }[] =>
  Array.from({ length: count }, (_, i) => ({
    calls: i * 100,
    heapMiB: 40 + Math.min(i, 8) * 3 + (i * 100 * kibPerCall) / 1024 + (i % 7 === 3 ? 25 : 0)
  }))

t.test('the slope of the heap is what is left with each call', async (t) => {
  t.ok(Math.abs((heapSlope(heapOf(0)) ?? NaN) - 0) < 1, 'a warm-up and peaks are none')
  t.equal(heapLeak(heapOf(1)), undefined)
  const slope = heapSlope(heapOf(20)) ?? NaN
  t.ok(Math.abs(slope - 20) < 2, `${slope.toFixed(1)} KiB`)
  t.match(heapLeak(heapOf(20)), /^heap: \d+\.\d KiB more with each call$/)
})

t.test('a short run says nothing of it', async (t) => {
  t.equal(heapSlope([]), undefined)
  t.equal(heapSlope(heapOf(20, 12)), undefined)
})
