import { PassThrough } from 'node:stream'
import t from 'tap'
import { Terminal } from '../../../../src/cli/io/terminal.ts'
import { Redactor } from '../../../../src/lib/secrets/redactor.ts'

function open(options: { isTTY?: boolean; columns?: number } = {}): {
  terminal: Terminal
  written: () => string
} {
  const stream = Object.assign(new PassThrough(), options)
  const terminal = new Terminal(stream, {}, () => 'scale-bridge')
  return { terminal, written: () => String(stream.read() ?? '') }
}

t.test('what hides, or controls a terminal, is written by its code', async (t) => {
  const texts: [text: string, shown: string][] = [
    ['web\u202e10', 'web\\u202e10'],
    ['a\u{e0041}b', 'a\\u{e0041}b'],
    ['\u001b[2J\u001b[1;1H', '\\u001b[2J\\u001b[1;1H'],
    ['\u001b[8mconcealed', '\\u001b[8mconcealed'],
    ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['two\nlines\tand Müller 李 👩‍🔧', 'two\nlines\tand Müller 李 👩‍🔧']
  ]
  for (const isTTY of [true, false])
    for (const [text, shown] of texts) {
      const { terminal, written } = open({ isTTY })
      terminal.raw(text)
      terminal.line(text)
      t.equal(written(), `${shown}${shown}\n`)
    }
  const { terminal, written } = open({ isTTY: true })
  terminal.line(terminal.style('bold', 'web\u202e10'))
  t.equal(written(), '\u001b[1mweb\\u202e10\u001b[22m\n', 'own styles stay')
})

t.test('known secrets are redacted, also where a line is broken within them', async (t) => {
  const { terminal, written } = open({ isTTY: true, columns: 40 })
  terminal.redactWith(new Redactor([{ value: 'S3cr@et with blanks', user: 'admin' }]))
  terminal.say(
    'The server said that it does not know S3cr@et with blanks, nor S3cr%40et%20with%20blanks'
  )
  terminal.line('admin:S3cr@et with blanks')
  terminal.raw('S3cr@et with blanks')
  const text = written()
  t.notMatch(text, /S3cr|blanks/)
  t.match(text, '***')
})
