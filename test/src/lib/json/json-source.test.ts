import t from 'tap'
import {
  bytesOf,
  jsonPieces,
  shareParsed,
  sourceOf,
  stringify
} from '../../../../src/lib/json/json-source.ts'

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

t.test('bytes are kept as long as what stands around the shared value is the same', async (t) => {
  const large = Array.from({ length: 3000 }, (_, i) => ({ uuid: `id-${i}`, name: 'Zürich "x" ✓' }))
  shareParsed(large)
  const bytesFor = (value: unknown): Buffer | undefined => {
    const pieces = jsonPieces(value)
    return pieces && bytesOf(pieces)
  }
  for (const value of [
    large,
    { status: 200, body: large, notes: ['é'] },
    { body: large, more: {} }
  ])
    t.equal(bytesFor(value)?.toString(), JSON.stringify(value))
  const first = bytesFor({ status: 200, body: large })
  t.equal(bytesFor({ status: 200, body: large }), first, 'the same bytes')
  const other = bytesFor({ status: 201, body: large })
  t.equal(other?.toString(), JSON.stringify({ status: 201, body: large }))
  t.not(other, first)

  const small = [{ a: 1 }]
  shareParsed(small)
  t.equal(bytesFor({ body: small }), undefined, 'not worth it')
  t.equal(bytesFor({ body: [...large] }), undefined, 'not shared')
  t.equal(bytesFor({ one: large, two: large }), undefined, 'twice')
  t.equal(bytesFor(undefined), undefined)
})
