import t from 'tap'
import { refuseBeyondLimits } from '../../../../src/tools/call/call-tool.ts'
import { maxDepth } from '../../../../src/lib/json/json-depth.ts'
import { maxItems, maxKeys, maxValues } from '../../../../src/lib/json/json-size.ts'

const deep = (levels: number): unknown => {
  let value: unknown = 'x'
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

const list = (length: number, item: unknown = 0): unknown[] => Array.from({ length }, () => item)

const cases: [what: string, given: unknown, says: RegExp | undefined][] = [
  ['nothing', undefined, undefined],
  ['plain arguments', { vmUUID: 'web-01', payload: { tags: ['a', 'b'] } }, undefined],
  ['as much as may be', { vms: list(maxItems), payload: deep(maxDepth - 1) }, undefined],
  [
    'one argument that is too deep',
    { vmUUID: 'x', payload: deep(maxDepth + 1) },
    /^payload is nested/
  ],
  ['a list that is too long', { vms: list(maxItems + 1) }, /^vms has a list of 1001 items/],
  ['too much in one argument', { payload: list(101, list(100)) }, /^payload holds more than/],
  [
    'too much in all of them together',
    { a: list(60, list(100)), b: list(60, list(100)) },
    new RegExp(`^the body holds more than ${maxValues} values`)
  ],
  ['a body that is no record', list(maxItems + 1), /^the body has a list/],
  [
    'more arguments than any tool has',
    Object.fromEntries(list(maxKeys + 1).map((_, i) => [`a${i}`, deep(maxDepth + 1)])),
    /^the body is nested/
  ]
]

for (const [what, given, says] of cases)
  t.test(what, async (t) => {
    if (says === undefined) return void t.doesNotThrow(() => refuseBeyondLimits(given))
    t.throws(() => refuseBeyondLimits(given), { code: 'INVALID_ARGUMENT', message: says })
  })
