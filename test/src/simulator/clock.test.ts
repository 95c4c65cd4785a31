import t from 'tap'
import { Clock } from '../../../src/simulator/clock.ts'

t.test('where time stands still, it passes to what comes next, in order', (t) => {
  const clock = new Clock(0)
  const seen: string[] = []
  const note = (what: string) => () => void seen.push(what)
  clock.after(100, note('second'))
  clock.after(50, () => {
    seen.push('first')
    clock.after(10, note('that follows'))
  })
  clock.after(1000, note('late'))
  clock.after(70, note('canceled'))()
  t.notOk(clock.next(49), 'nothing comes so soon')
  t.ok(clock.next(50))
  t.same(seen, ['first'])
  t.ok(clock.next(10))
  t.ok(clock.next(40), 'counted from the last that came')
  t.same(seen, ['first', 'that follows', 'second'])
  t.notOk(clock.next(899), 'none has passed for what came too late')
  clock.advance(899)
  t.same(seen, ['first', 'that follows', 'second'])
  clock.advance(1)
  t.same(seen, ['first', 'that follows', 'second', 'late'])
  t.notOk(clock.next(Infinity))
  clock.after(5, note('never'))
  clock.stop()
  t.notOk(clock.next(Infinity), 'a stopped clock brings nothing')
  t.end()
})

t.test('where time runs, it is not passed by hand', (t) => {
  const clock = new Clock(1)
  t.teardown(() => clock.stop())
  clock.after(10, () => t.fail('too soon'))
  t.notOk(clock.next(Infinity))
  t.end()
})
