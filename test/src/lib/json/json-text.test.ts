import * as fc from 'fast-check'
import t from 'tap'
import { isCompact, itemsOf } from '../../../../src/lib/json/json-text.ts'

t.test('the items of a list are cut from its text as they stand in it', async (t) => {
  const list = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 6 })
  fc.assert(
    fc.property(list, (items) => {
      t.same(
        itemsOf(JSON.stringify(items)),
        items.map((item) => JSON.stringify(item))
      )
    }),
    { numRuns: 500 }
  )
  t.same(itemsOf('["a\\\\","]\\",[",{"b":[]}]'), ['"a\\\\"', '"]\\",["', '{"b":[]}'])
  for (const text of ['{"a":[1]}', '"[1]"', '[1, 2]', '[1]\n', '[1', '["a]', '', '[1],[2]'])
    t.equal(itemsOf(text), undefined, text)
})

t.test('a compact text is what would be written here', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(1, '\t'), (value, space) => {
      const text = JSON.stringify(value)
      // A control character is written by its code, and may have been another way; so may a slash.
      t.equal(isCompact(text), !/\\[u/]/.test(text))
      const spaced = JSON.stringify(value, null, space)
      if (spaced !== text) t.notOk(isCompact(spaced))
    }),
    { numRuns: 500 }
  )
  for (const text of ['{"a": 1}', '[1,\n2]', '["\\/"]', '["\\u0041"]', ' 1'])
    t.notOk(isCompact(text), text)
  for (const text of ['{"a b":" \\" : "}', '["\\\\"]', '["\\n"]', '1']) t.ok(isCompact(text), text)
})
