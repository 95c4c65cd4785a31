import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BusyTime } from '../../../src/lib/busy-time.ts'

t.test('what overlaps counts once', async (t) => {
  const time = new BusyTime()
  const ends = [time.begin(), time.begin()]
  await sleep(30)
  for (const end of ends) end()
  t.equal(time.count, 2)
  const { ms } = time
  t.ok(ms >= 29 && ms < 1000, `${ms} ms`)
  await sleep(20)
  t.equal(time.ms, ms, 'nothing is under way')
  ends[0]?.()
  const end = time.begin()
  await sleep(20)
  t.ok(time.ms > ms, 'what is under way counts')
  end()
  t.equal(time.count, 3)
})
