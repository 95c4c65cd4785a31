import t from 'tap'
import { shareParsed, sourceOf, stringify } from '../../../src/lib/json-source.ts'

t.test('what is shared keeps its JSON, and cannot be changed', async (t) => {
  const text = '[ {"b": {"c": [1]}, "a": "\\u0041"} ]'
  const list = JSON.parse(text) as { b: { c: number[] } }[]
  t.equal(sourceOf(list), undefined)
  shareParsed(list, text)
  t.equal(sourceOf(list), '[{"b":{"c":[1]},"a":"A"}]', 'as it is written here')
  t.throws(() => list.push({ b: { c: [] } }), TypeError)
  t.throws(() => list[0]?.b.c.push(2), TypeError)
  t.equal(sourceOf([...list]), undefined, 'a copy is another value')
})

t.test('stringify is JSON.stringify', async (t) => {
  const shared = JSON.parse('[{"a":1}]') as object
  shareParsed(shared, '[{"a":1}]')
  for (const value of [
    shared,
    { status: 200, body: shared, notes: undefined },
    { body: shared, of: () => 1, '"': null },
    { body: [shared] },
    [shared, undefined],
    'text',
    5,
    null,
    undefined
  ])
    t.equal(stringify(value), JSON.stringify(value))
})
