import t from 'tap'
import { oneLine } from '../../../src/lib/one-line.ts'

t.test('what ends a line, turns it around or hides is a blank', async (t) => {
  t.equal(oneLine('web-01'), 'web-01')
  t.equal(oneLine('  a\r\n# b\u2028c\u0000d\u0085e '), 'a # b c d e')
  for (const hidden of ['\u202E', '\u2066', '\u200B', '\u200D', '\u2060', '\uFEFF', '\u00AD'])
    t.equal(oneLine(`web${hidden}-01`), 'web -01', JSON.stringify(hidden))
  t.equal(oneLine('a\u{E0041}\u{E0042}b'), 'a b', 'letters that are not shown')
  t.equal(oneLine('Jürgen 李 明 😀'), 'Jürgen 李 明 😀')
  t.equal(oneLine('\u200B\u202E'), '')
})

t.test('what is too long is cut between characters', async (t) => {
  t.equal(oneLine('a'.repeat(80)), 'a'.repeat(80))
  t.equal(oneLine('a'.repeat(81)), `${'a'.repeat(79)}…`)
  t.equal(oneLine('😀'.repeat(10), 4), '😀😀😀…')
  t.equal(oneLine('😀'.repeat(10), 4, ''), '😀😀😀😀')
})
