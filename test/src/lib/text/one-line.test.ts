import t from 'tap'
import { oneLine } from '../../../../src/lib/text/one-line.ts'

t.test('what ends a line is a blank, and what hides is written by its code', async (t) => {
  t.equal(oneLine('web-01'), 'web-01')
  t.equal(oneLine('  a\r\n# b\u2028c\u0000d\u0085e '), 'a # b c d e')
  for (const hidden of ['202e', '2066', '200b', '200d', '2060', 'feff', '00ad'])
    t.equal(oneLine(`web${JSON.parse(`"\\u${hidden}"`)}-01`), `web\\u${hidden}-01`)
  t.equal(oneLine('a\u{E0041}b'), 'a\\u{e0041}b', 'a letter that is not shown')
  t.equal(oneLine('Jürgen 李 明 😀'), 'Jürgen 李 明 😀')
})

t.test('what is too long is cut between characters', async (t) => {
  t.equal(oneLine('a'.repeat(80)), 'a'.repeat(80))
  t.equal(oneLine('a'.repeat(81)), `${'a'.repeat(79)}…`)
  t.equal(oneLine('😀'.repeat(10), 4), '😀😀😀…')
  t.equal(oneLine('😀'.repeat(10), 4, ''), '😀😀😀😀')
})
