import t from 'tap'
import { comparable, revealHidden } from '../../../../src/lib/text/visible-text.ts'

const tags = (text: string): string =>
  Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')

t.test('what cannot be seen is written by its code', async (t) => {
  const cases: [hidden: string, shown: string][] = [
    ['web-01', 'web-01'],
    ['a\u200bb', 'a\\u200bb'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u2066b\u2069', 'a\\u2066b\\u2069'],
    ['a\u00adb', 'a\\u00adb'],
    ['a\ufeffb', 'a\\ufeffb'],
    ['a\u3164b', 'a\\u3164b'],
    ['a\u115fb', 'a\\u115fb'],
    ['a\u2800b', 'a\\u2800b'],
    ['a\u0007\u001b[31mb', 'a\\u0007\\u001b[31mb'],
    ['a\u009bb', 'a\\u009bb'],
    ['a\u2028b', 'a\\u2028b'],
    ['a\ue000b', 'a\\ue000b'],
    ['a\ud800b', 'a\\ud800b'],
    [`nice${tags('x')}`, 'nice\\u{e0078}'],
    ['a\u{e0001}b', 'a\\u{e0001}b'],
    ['a\u{1d173}b', 'a\\u{1d173}b'],
    ['a\u200db', 'a\\u200db']
  ]
  for (const [hidden, shown] of cases) t.equal(revealHidden(hidden), shown)
})

t.test('what people write stays as it is', async (t) => {
  const texts = [
    'Zwei\nZeilen\tund ein Tab',
    'Überprüfung',
    '日本語の名前',
    'العربية',
    'हिन्दी',
    '❤️',
    '👩‍💻',
    '👩🏽‍🚀',
    '👨‍👩‍👧',
    '🏳️‍🌈',
    '🇩🇪',
    `\u{1f3f4}${tags('gbsct')}\u{e007f}`
  ]
  for (const text of texts) t.equal(revealHidden(text), text)
})

t.test('a flag carries nothing but itself', async (t) => {
  const smuggled = `\u{1f3f4}${tags('delete all')}\u{e007f}`
  t.notMatch(revealHidden(smuggled), /[\u{e0000}-\u{e007f}]/u)
  const scotland = `\u{1f3f4}${tags('gbsct')}\u{e007f}`
  t.notMatch(
    revealHidden(`${scotland}${tags('run')}`).replace(scotland, ''),
    /[\u{e0000}-\u{e007f}]/u
  )
})

t.test('nothing hidden is left in any text, and revealing twice changes nothing', async (t) => {
  const hidden = /[\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/u
  const allowed = /[\ufe0f\u200d]/gu
  const isClean = (text: string): boolean => {
    const shown = revealHidden(text)
    const left = shown.replaceAll(allowed, '')
    return !hidden.test(left) && revealHidden(shown) === shown
  }
  const wrong: string[] = []
  const perText = 0x100
  for (let first = 0; first <= 0x10ffff; first += perText) {
    const texts = Array.from({ length: perText }, (_, i) => `a${String.fromCodePoint(first + i)}b`)
    if (isClean(texts.join(''))) continue
    wrong.push(...texts.filter((text) => !isClean(text)).map((text) => JSON.stringify(text)))
  }
  t.same(wrong, [])
})

t.test('names are compared in one form', async (t) => {
  t.equal(comparable('Mu\u0308ller'), comparable('Müller'))
  t.not(comparable('web\u200b'), comparable('web'))
  t.equal(comparable('web\u200b'), comparable('web\\u200b'), 'also as it is shown')
})
