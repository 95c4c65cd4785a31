import t from 'tap'
import {
  redactKey,
  KeyFilter,
  type TextFilter,
  ThoughtFilter,
  withoutControls
} from '../../../src/ask/text-filters.ts'

function pass(filter: TextFilter, text: string, length: number): string {
  let shown = ''
  for (let i = 0; i < text.length; i += length) shown += filter.push(text.slice(i, i + length))
  return shown + filter.end()
}

t.test('thoughts are left out, cut anywhere', async (t) => {
  const cases: [string, string][] = [
    ['<think>hm, a < b</think>Use it.', 'Use it.'],
    ['One.<think>x</think> Two.<think></think> Three.', 'One. Two. Three.'],
    ['a <b> and <thing> stay', 'a <b> and <thing> stay'],
    ['it ends with <thin', 'it ends with <thin'],
    ['<think>never an end </thin', ''],
    ['plain', 'plain']
  ]
  for (const [text, expected] of cases)
    for (let length = 1; length <= text.length; length++)
      t.equal(pass(new ThoughtFilter(), text, length), expected, `${text}, ${length} at a time`)
})

t.test('what cannot be a mark is shown at once', async (t) => {
  const filter = new ThoughtFilter()
  t.equal(filter.push('Use it. <'), 'Use it. ')
  t.equal(filter.push('b>'), '<b>')
})

t.test('the key is redacted, cut anywhere', async (t) => {
  const key = 'sk-abcsk-abcd'
  const text = `it is ${key}, not sk-abc, but ${key}`
  for (let length = 1; length <= text.length; length++)
    t.equal(
      pass(new KeyFilter(key), text, length),
      'it is ***, not sk-abc, but ***',
      `${length} at a time`
    )
})

t.test('short keys are placeholders and stay', async (t) => {
  t.equal(pass(new KeyFilter('none'), 'there is none', 3), 'there is none')
  t.equal(pass(new KeyFilter(undefined), 'there is none', 3), 'there is none')
  t.equal(redactKey('ollama', 'ollama'), 'ollama')
})

t.test('control characters are left out', async (t) => {
  t.equal(withoutControls('a\u001B[31mb\u0007\r\n\tc\u009B2J\u202Ed'), 'a[31mb\n\tc2Jd')
})
