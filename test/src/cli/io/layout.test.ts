import t from 'tap'
import { formatJson, hang, wrap } from '../../../../src/cli/io/layout.ts'

t.test('text is broken between words', async (t) => {
  const cases: [string, number, string[]][] = [
    ['one two three', 7, ['one two', 'three']],
    ['one two three', 13, ['one two three']],
    ['one two three', Infinity, ['one two three']],
    ['one\n\ntwo three', 5, ['one', '', 'two', 'three']],
    ['', 10, ['']],
    ['AB:CD:EF:01', 6, ['AB:CD:', 'EF:01']],
    ['see https://a.example/path/to now', 14, ['see', 'https://', 'a.example/', 'path/to now']],
    ['a wordlongerthanthewidth b', 8, ['a', 'wordlongerthanthewidth', 'b']]
  ]
  for (const [text, width, lines] of cases) t.strictSame(wrap(text, width), lines, text)
  t.strictSame(hang('  x ', 'one two three', 11), ['  x one two', '    three'])
})

t.test('no word is lost, and no line is too long that need not be', async (t) => {
  let seed = 3
  const next = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return (seed >> 12) % below
  }
  for (let i = 0; i < 300; i++) {
    const words = Array.from({ length: next(30) }, () => 'abcdefghijkl'.slice(0, 1 + next(12)))
    const width = 12 + next(60)
    const lines = wrap(words.join(' '), width)
    t.equal(lines.join(' '), words.join(' '))
    t.ok(
      lines.every((line) => line.length <= width),
      `${width}: ${lines.join('|')}`
    )
  }
})

t.test('JSON is the same value in any width', async (t) => {
  const value = [
    {
      url: 'http://127.0.0.1:5075',
      empty: {},
      none: [],
      list: [1, true, null, 'a "quoted" text'],
      deep: { headers: { Accept: 'text/plain', 'X-Chat-Id': '{{CHAT_ID}}' }, enable: true }
    }
  ]
  for (const width of [20, 40, 60, 80, 200, Infinity]) {
    const text = formatJson(value, width)
    t.strictSame(JSON.parse(text), value, String(width))
    if (width >= 60)
      for (const line of text.split('\n')) t.ok(line.length <= width, `${width}: ${line}`)
  }
  t.equal(formatJson({ a: [1, 2], b: { c: 'd' } }, Infinity), '{ "a": [1, 2], "b": { "c": "d" } }')
  t.equal(formatJson({ a: [1, 2], b: { c: 'd' } }, 20), '{\n  "a": [1, 2],\n  "b": { "c": "d" }\n}')
})
