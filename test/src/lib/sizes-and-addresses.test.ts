import * as fc from 'fast-check'
import t from 'tap'
import { looksLike } from '../../../src/lib/text/look-alike.ts'
import { isDeviceMac, normalizeMac } from '../../../src/lib/text/mac-address.ts'
import { exactBytes, parseBytes } from '../../../src/lib/text/units.ts'

t.test('property: bytes for a reader are read back as the same number', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
      const text = exactBytes(bytes)
      const [, number] = /\((\d+) bytes\)$/.exec(text) ?? []
      return number === undefined ? parseBytes(text) === bytes : Number(number) === bytes
    }),
    { numRuns: 2000 }
  )
})

t.test('sizes', async (t) => {
  for (const [text, bytes] of [
    ['8 GB', 8 * 1024 ** 3],
    ['8gib', 8 * 1024 ** 3],
    ['0.5 TiB', 512 * 1024 ** 3],
    ['4096MB', 4 * 1024 ** 3],
    ['1 k', 1024],
    ['12 bytes', 12],
    ['1 byte', 1],
    ['12 B', 12],
    ['12', undefined],
    ['-1 GB', undefined],
    ['1e3 GB', undefined],
    ['1,024 MB', undefined],
    ['0.3 KiB', undefined],
    ['9007199254740993 B', undefined],
    ['GB', undefined]
  ] as const)
    t.equal(parseBytes(text), bytes, text)
  t.equal(exactBytes(3814 * 1024 ** 2), '3814 MiB')
  t.equal(exactBytes(4_000_000_001), '3.73 GiB (4000000001 bytes)')
})

t.test('property: a MAC address is the same in every form', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }),
      (bytes) => {
        const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
        const wanted = hex.join(':').toUpperCase()
        const plain = hex.join('')
        const forms = [
          hex.join(':'),
          hex.join('-'),
          plain,
          plain.replaceAll(/(?<=^.{4}|^.{8})/g, '.')
        ]
        const single = (bytes[0] ?? 0) % 2 === 0 && bytes.some((byte) => byte > 0)
        return (
          forms.every((form) => normalizeMac(form) === wanted) && isDeviceMac(wanted) === single
        )
      }
    ),
    { numRuns: 1000 }
  )
})

t.test('names that read alike', async (t) => {
  t.ok(looksLike('web-01', 'w\u0435b-01'))
  t.ok(looksLike('WEB-01', 'w\u0435b-01'))
  t.ok(looksLike('\u0441\u0435\u0440\u0432', 'cepb'), 'also where no word mixes scripts')
  t.notOk(looksLike('web-01', 'WEB-01'), 'that is the same name')
  t.notOk(looksLike('web-01', 'web-02'))
})
