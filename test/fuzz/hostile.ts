import * as fc from 'fast-check'
import { anyName, hostileNames } from '../helper/hostile-names.ts'

const deep = (depth: number): unknown => {
  let value: unknown = 'core'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { inner: value }
  return value
}

/** Texts that mean something to one layer or another. */
const loadedTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '..',
  '../../etc/passwd',
  '..%2f..%2f',
  '%00',
  '%',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  '1e999',
  '-0',
  '0x10',
  'null',
  'undefined',
  '[]',
  '{}',
  '{"__proto__":{"polluted":1}}',
  '${jndi:ldap://x}',
  "' OR 1=1 --",
  'a\r\nX-Injected: 1',
  '/VirDomain',
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '\u{1f3f4}'.repeat(50),
  'é'.repeat(300),
  'a'.repeat(10_000),
  '9'.repeat(400),
  '('.repeat(500),
  ' '.repeat(20_000),
  ...hostileNames
]

export const anyText = fc.oneof(fc.constantFrom(...loadedTexts), anyName)

/** Objects as JSON makes them, in which names of the language are keys like others. */
const loadedObjects: readonly string[] = [
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"toString":1,"valueOf":1,"hasOwnProperty":1,"length":-1}',
  '{"toJSON":"x"}',
  '{"then":"x"}',
  '{"$ref":"#"}',
  '{"":""}'
]

/** A value where another one, or none, is due. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: anyText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      0.5,
      1e308,
      Number.MAX_SAFE_INTEGER + 2,
      [],
      {},
      [[]],
      [null],
      deep(20),
      deep(2_000),
      Array.from({ length: 2_000 }, (_, i) => i),
      'x'.repeat(200_000)
    )
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...loadedObjects).map((text): unknown => JSON.parse(text))
  },
  { weight: 1, arbitrary: fc.array(anyText, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.jsonValue() }
)

/** Names of arguments that no tool has, or not so. */
export const anyKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', '', 'vm', 'id', 'force', 'confirm', 'x'),
  anyText.map((text) => text.slice(0, 200))
)
