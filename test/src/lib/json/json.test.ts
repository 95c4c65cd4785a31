import t from 'tap'
import { isDeeperThan, parseJson, parseJsonContainer } from '../../../../src/lib/json/json.ts'

t.test('what is not JSON is undefined, and JSON never is', async (t) => {
  t.same(parseJson('{"a": [1]}'), { a: [1] })
  t.equal(parseJson('null'), null)
  for (const text of ['', 'undefined', '{a: 1}', '[1', "{'a': 1}"])
    t.equal(parseJson(text), undefined, text)
})

t.test('an object or a list is read out of text, however often it was encoded', async (t) => {
  t.same(parseJsonContainer(' [1]'), [1])
  t.same(parseJsonContainer(JSON.stringify(JSON.stringify({ a: 1 }))), { a: 1 })
  for (const text of ['', '1', 'true', 'null', '"web-01"', 'web-01', '{"a"', '"[1"'])
    t.equal(parseJsonContainer(text), undefined, text)
})

t.test('depth', async (t) => {
  t.notOk(isDeeperThan([[[1]]], 3))
  t.ok(isDeeperThan([[[[1]]]], 3))
  t.notOk(isDeeperThan('x', 0))
  t.ok(isDeeperThan(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)), 64))
})
