import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { afterSilence } from '../../../../src/lib/time/after-silence.ts'
import { type Lane, Race } from '../../../../src/lib/flow/race.ts'
import { holdTimers } from '../../../helper/held-timers.ts'

t.test('events are reported in order; the end aborts what still runs', async (t) => {
  const race = new Race<string, number>()
  t.ok(race.isEmpty)
  let lane: Lane | undefined
  race.start('slow', 20, (given) => {
    lane = given
    return new Promise(() => {})
  })
  t.match(await race.next(), { kind: 'lags', runner: 'slow' })
  race.start('broken', undefined, () => Promise.reject(new Error('no')))
  t.match(await race.next(), { kind: 'failed', runner: 'broken', error: { message: 'no' } })
  race.start('fast', undefined, () => Promise.resolve(7))
  t.match(await race.next(), { kind: 'won', runner: 'fast', value: 7 })
  t.notOk(race.isEmpty)
  t.notOk(lane?.signal.aborted)
  race.end()
  t.ok(lane?.signal.aborted)
})

t.test('a runner lags once, and never after its end', async (t) => {
  const timers = holdTimers(t, 30)
  const race = new Race<string, number>()
  let lane: Lane | undefined
  let finish: ((value: number) => void) | undefined
  race.start('one', 30, (given) => {
    lane = given
    return new Promise((resolve) => (finish = resolve))
  })
  lane?.onLagging()
  lane?.onLagging()
  t.same(timers.waiting, [30])
  t.match(await race.next(), { kind: 'lags' })
  finish?.(1)
  t.match(await race.next(), { kind: 'won', value: 1 })
  lane?.onLagging()
  t.same(timers.waiting, [])
  t.ok(race.isEmpty)
  await t.rejects(race.next(), /Nothing is running/)
})

t.test('a caller that goes away aborts all', async (t) => {
  const caller = new AbortController()
  const race = new Race<string, number>(caller.signal)
  race.start(
    'one',
    undefined,
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
  )
  caller.abort()
  t.match(await race.next(), { kind: 'failed', error: { message: 'aborted' } })
  let given: Lane | undefined
  new Race<string, number>(caller.signal).start('late', undefined, (lane) => {
    given = lane
    return Promise.resolve(1)
  })
  t.ok(given?.signal.aborted, 'also one that had gone before')
})

/** Lets nothing else run for `ms` milliseconds. */
function holdUp(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

t.test('silence is what is left once all that came has been taken in', async (t) => {
  const order: string[] = []
  const work = delay(10).then(() => order.push('came'))
  afterSilence(15, () => order.push('silence'))
  // Blocked past both: the timer is due before anything is read.
  holdUp(60)
  await work
  await delay(20)
  t.same(order, ['came', 'silence'])

  for (const when of ['before it is due', 'between its timer and its turn'])
    await new Promise<void>((resolve) => {
      const cancel = afterSilence(5, () => t.fail(when))
      if (when === 'before it is due') cancel()
      else {
        setTimeout(cancel, 5)
        // Both are due then, one behind the other.
        holdUp(20)
      }
      setTimeout(resolve, 30)
    })
})
