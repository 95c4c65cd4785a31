import t from 'tap'
import {
  EnvTextError,
  formatEnvValue,
  readEnvText,
  setInEnvText
} from '../../../src/config/env-text.ts'

const awkward = [
  'plain',
  '',
  ' blanks around ',
  'a#b',
  'a # b',
  '#',
  '$HOME ${X} $(id)',
  `it's`,
  `say "hi"`,
  `'quoted'`,
  '"',
  "'",
  '`',
  `both ' and "`,
  `all ' " \` three`,
  'back\\slash\\n',
  `\\n and '`,
  'ünïcödé € 漢',
  'a=b=c',
  '!%&/()[]{}<>|;*?~^'
]

t.test('values survive the way through the file', async (t) => {
  for (const value of awkward) {
    const text = setInEnvText('FIRST=1\n', { SECRET: value, LAST: 'end' })
    t.strictSame(readEnvText(text), { FIRST: '1', SECRET: value, LAST: 'end' }, value)
    const again = setInEnvText(text, { SECRET: 'other' })
    t.strictSame(readEnvText(again), { FIRST: '1', SECRET: 'other', LAST: 'end' }, value)
  }
})

t.test('what the format cannot hold is refused and not shown', async (t) => {
  for (const value of ['two\nlines', `#'"\``]) {
    t.throws(() => formatEnvValue('NAME', value), EnvTextError)
    t.throws(() => formatEnvValue('NAME', value), { message: /^(?![\s\S]*two)[\s\S]*NAME/ })
  }
})

t.test('other lines and comments stay as they are', async (t) => {
  const text = [
    '# the cluster',
    'export SCALE_HOST = 10.0.0.1   # first node',
    '',
    "SCALE_PASSWORD='old one' # changed in May",
    'MULTI="one',
    'two"',
    '#SCALE_HOST=commented',
    'OTHER=kept'
  ].join('\n')
  t.equal(
    setInEnvText(text, { SCALE_HOST: '10.0.0.2', SCALE_PASSWORD: 'n#w', MULTI: 'one', ADDED: 'x' }),
    [
      '# the cluster',
      'export SCALE_HOST = 10.0.0.2   # first node',
      '',
      "SCALE_PASSWORD='n#w' # changed in May",
      'MULTI=one',
      '#SCALE_HOST=commented',
      'OTHER=kept',
      'ADDED=x',
      ''
    ].join('\n')
  )
})

t.test('of a name that stands twice the last counts, and is changed', async (t) => {
  const text = setInEnvText('A=1\nA=2\n', { A: '3' })
  t.equal(text, 'A=1\nA=3\n')
  t.strictSame(readEnvText(text), { A: '3' })
})

t.test('files of Windows editors', async (t) => {
  const text = '\uFEFFA=1\r\n# note\r\nB="x y"\r\n'
  t.strictSame(readEnvText(text), { A: '1', B: 'x y' })
  t.equal(setInEnvText(text, { A: '2', C: '3' }), 'A=2\r\n# note\r\nB="x y"\r\nC=3\r\n')
})

t.test('a line that does not mean what it seems to say is an error with its number', async (t) => {
  const wrong: Record<string, RegExp> = {
    'A=1\nnonsense\n': /^line 2: neither/,
    'A: 1': /^line 1: neither/,
    "A=1\nB='open\nC=2": /^line 2: the quote is not closed/,
    "A='it's'": /^line 1: something follows/,
    'A="x"y': /^line 1: something follows/,
    'A="one\ntwo"three': /^line 2: something follows/,
    'SCALE_PASSWORD=pass#word': /^line 1: .*# must be quoted: SCALE_PASSWORD='…'/
  }
  for (const [text, message] of Object.entries(wrong)) {
    t.throws(() => readEnvText(text), { message }, text)
    t.throws(() => setInEnvText(text, { A: '1' }), { message }, text)
  }
})
