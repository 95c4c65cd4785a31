import t from 'tap'
import { isDeeperThan } from '../../../src/lib/nesting.ts'

t.test('depth', async (t) => {
  t.notOk(isDeeperThan([[[1]]], 3))
  t.ok(isDeeperThan([[[[1]]]], 3))
  t.notOk(isDeeperThan('x', 0))
  t.ok(isDeeperThan(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)), 64))
})
