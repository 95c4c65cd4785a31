import * as fc from 'fast-check'
import t from 'tap'
import { quote, quoteName, quoteText } from '../../../../src/lib/text/quote.ts'
import { anyName, hostileNames, withoutQuoted } from '../../../helper/hostile-names.ts'

t.test('a name stands in quotes, on one line, cut', async (t) => {
  const cases: [name: string, shown: string][] = [
    ['web-01', '"web-01"'],
    ['', '""'],
    ['Müller 李', '"Müller 李"'],
    ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
    ['two\nlines', '"two\\nlines"'],
    ['web\u202e10', '"web\\u202e10"'],
    ['a\u{e0041}b', '"a\\u{e0041}b"'],
    ['![x](http://e/x)', '"![x] (http://e/x)"'],
    ['<img src=x>', '"< img src=x>"'],
    ['a < b, a[1] (c)', '"a < b, a[1] (c)"'],
    ['smb://u:p w@nas/share', '"smb://***@nas/share"'],
    ['w\u0435b-01', '"w\u0435b-01" (mixes Latin and Cyrillic letters)'],
    ['\u0441\u0435\u0440\u0432\u0435\u0440-web', '"\u0441\u0435\u0440\u0432\u0435\u0440-web"'],
    ['a'.repeat(60), `"${'a'.repeat(60)}"`],
    ['a'.repeat(61), `"${'a'.repeat(59)}…"`],
    [`${'a'.repeat(57)}\u202eb`, `"${'a'.repeat(57)}…"`]
  ]
  for (const [name, shown] of cases) t.equal(quoteName(name), shown)
  t.equal(quoteText('a'.repeat(100), 100), `"${'a'.repeat(100)}"`)
})

t.test('a value of any kind is shown as JSON', async (t) => {
  t.equal(quote('web'), '"web"')
  t.equal(quote(5), '5')
  t.equal(quote({ a: ['smb://u:p@nas/s'] }), '{"a":["smb://***@nas/s"]}')
  t.equal(quote('b'.repeat(61)), `"${'b'.repeat(59)}…"`)
  t.equal(quote(undefined), 'undefined')
  t.ok(quote(Array.from({ length: 100 }, (_, i) => i)).length <= 60)
})

t.test('property: nothing in a name ends its quotes, breaks the line, or hides', async (t) => {
  const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
  const joined = /[\ufe0f\u200d]|\u{1f3f4}[\u{e0061}-\u{e007f}]+/gu
  fc.assert(
    fc.property(anyName, (name) => {
      const shown = quoteName(name)
      const wrong = (what: string): void => void t.fail(what, { name, shown })
      if (!/^""(?: \(mixes [A-Za-z ]+ letters\))?$/.test(withoutQuoted(shown))) wrong('quotes')
      if (hidden.test(shown.replaceAll(joined, ''))) wrong('hidden')
      if (shown.split(' (mixes')[0]!.length > 62) wrong('length')
      if (/\]\(|<[a-z/!]/i.test(shown)) wrong('markup')
    }),
    { numRuns: 2000, examples: hostileNames.map((name) => [name]) }
  )
})
