import t from 'tap'
import { BusyTime } from '../../../../src/lib/process/busy-time.ts'

t.test('what overlaps counts once', (t) => {
  let clock = 1000
  const time = new BusyTime(() => clock)
  const first = time.begin()
  clock += 10
  const second = time.begin()
  clock += 20
  first()
  t.equal(time.ms, 30, 'what is under way counts')
  clock += 5
  second()
  t.equal(time.ms, 35)
  t.equal(time.count, 2)
  clock += 100
  t.equal(time.ms, 35, 'nothing is under way')
  first()
  const third = time.begin()
  clock += 7
  t.equal(time.ms, 42)
  third()
  clock += 1
  t.same([time.ms, time.count], [42, 3])
  t.end()
})

t.test('what is awaited counts until it has ended, however it ends', async (t) => {
  let clock = 0
  const time = new BusyTime(() => clock)
  t.equal(await time.during(Promise.resolve().then(() => (clock += 3))), 3)
  await t.rejects(
    time.during(
      Promise.resolve().then(() => {
        clock += 4
        throw new Error('failed')
      })
    )
  )
  clock += 50
  t.equal(time.ms, 7)
})
