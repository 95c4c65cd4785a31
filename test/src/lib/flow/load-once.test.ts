import t from 'tap'
import { loadOnce } from '../../../../src/lib/flow/load-once.ts'

t.test('loaded once for all, and again after a failure', async (t) => {
  let loads = 0
  let isBroken = true
  const { get, now } = loadOnce(async () => {
    loads += 1
    if (isBroken) throw new Error('too many open files')
    return loads
  })
  t.equal(now(), undefined, 'nothing is loaded that nobody needs')
  const failures = await Promise.allSettled([get(), get()])
  t.same(
    failures.map(({ status }) => status),
    ['rejected', 'rejected']
  )
  t.equal(loads, 1)
  t.equal(now(), undefined, 'a failure is not kept')
  isBroken = false
  t.same(await Promise.all([get(), get(), now()]), [2, 2, 2])
  t.equal(await get(), 2)
  t.equal(loads, 2)
})
