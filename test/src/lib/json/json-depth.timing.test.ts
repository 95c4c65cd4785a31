import t from 'tap'
import { isNestedTooDeep } from '../../../../src/lib/json/json-depth.ts'
import { parseJson } from '../../../../src/lib/json/json.ts'

t.test('what is nested without end is refused before it is parsed', async (t) => {
  const deep = '['.repeat(4 * 2 ** 20)
  const start = performance.now()
  t.ok(isNestedTooDeep(deep))
  t.equal(parseJson(deep + ']'.repeat(deep.length)), undefined)
  t.ok(performance.now() - start < 500, 'at once')
})
