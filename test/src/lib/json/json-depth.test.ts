import * as fc from 'fast-check'
import t from 'tap'
import { isDeeperThan, parseJson } from '../../../../src/lib/json/json.ts'
import { isNestedTooDeep, isTextDeeperThan } from '../../../../src/lib/json/json-depth.ts'
import { maxItems, maxKeys, maxValues, sizeProblem } from '../../../../src/lib/json/json-size.ts'

t.test('the depth of a text is that of the value in it', async () => {
  const text = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
  const spaces = fc.constantFrom(undefined, 1, '\t')
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 8 }), spaces, (value, limit, space) => {
      const isDeeper = isTextDeeperThan(JSON.stringify(value, null, space), limit)
      return isDeeper === isDeeperThan(value, limit - 1) || isLeafAtLimit(value, limit, isDeeper)
    }),
    { numRuns: 2000 }
  )
})

/** A container without anything in it is a level of the text, and a leaf of the value. */
function isLeafAtLimit(value: unknown, limit: number, isDeeper: boolean): boolean {
  const depth = (each: unknown): number =>
    typeof each === 'object' && each !== null
      ? 1 + Math.max(0, ...Object.values(each).map((held) => depth(held)))
      : 0
  return isDeeper === depth(value) > limit
}

t.test('brackets in texts are none', async (t) => {
  for (const text of ['"[[[["', '"\\"[[[["', '"\\\\"', '["]]]]", "{{{{"]'])
    t.notOk(isTextDeeperThan(text, 1), text)
  t.ok(isTextDeeperThan('["\\\\", [[1]]]', 2))
})

t.test('what is nested without end is refused', async (t) => {
  const deep = '['.repeat(4 * 2 ** 20)
  t.ok(isNestedTooDeep(deep))
  t.equal(parseJson(deep + ']'.repeat(deep.length)), undefined)
  t.notOk(isNestedTooDeep('['.repeat(64) + ']'.repeat(64)))
})

const list = (length: number, item: unknown = 0): unknown[] => Array.from({ length }, () => item)

t.test('how much a value holds', async (t) => {
  const record = (length: number): object =>
    Object.fromEntries(list(length).map((_, i) => [`k${i}`, i]))
  t.equal(sizeProblem(list(maxItems)), undefined)
  t.match(sizeProblem({ a: list(maxItems + 1) }), /a list of 1001 items/)
  t.equal(sizeProblem([record(maxKeys)]), undefined)
  t.match(sizeProblem([record(maxKeys + 1)]), /an object of 501 keys/)
  t.equal(sizeProblem(list(99, list(100))), undefined)
  t.match(sizeProblem(list(101, list(100))), new RegExp(`more than ${maxValues} values`))
  for (const value of [undefined, null, 'x', 7, {}, []]) t.equal(sizeProblem(value), undefined)
})
