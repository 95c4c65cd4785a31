import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { fewAtOnce } from '../../../../src/lib/flow/few-at-once.ts'

t.test('all are processed, at most the given number at once', async (t) => {
  const done: number[] = []
  let under = 0
  let most = 0
  await fewAtOnce(new Set([1, 2, 3, 4, 5, 6, 7]), 3, async (each) => {
    most = Math.max(most, ++under)
    await turn()
    under -= 1
    done.push(each)
  })
  t.same(new Set(done), new Set([1, 2, 3, 4, 5, 6, 7]))
  t.equal(done.length, 7)
  t.equal(most, 3)
  await fewAtOnce([], 3, async () => void t.fail('there is none'))
})

t.test('one that fails is reported', async (t) => {
  const failing = fewAtOnce([1, 2], 3, () => Promise.reject(new Error('no')))
  await t.rejects(failing, { message: 'no' })
})
