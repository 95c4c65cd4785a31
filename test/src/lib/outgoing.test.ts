import t from 'tap'
import { Outgoing } from '../../../src/lib/outgoing.ts'

const tags = (text: string): string =>
  Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')

const outgoing = new Outgoing([
  { value: 'S3cr@et/P w', user: 'CORP;backup' },
  { value: 'admin', user: 'admin' }
])

t.test('texts, wherever they stand', async (t) => {
  t.equal(outgoing.text('web-01'), 'web-01')
  t.equal(outgoing.text('to S3cr@et/P w, nice\u202eeman'), 'to ***, nice\\u202eeman')
  t.equal(outgoing.text('smb://u:p w@nas/share'), 'smb://***@nas/share')
  t.same(
    outgoing.value({
      list: ['S3cr@et/P w', { deep: tags('x') }, 1, null, true],
      'na\u200bme': 'x',
      url: 'https://host/path:x@y',
      password: 'of nobody'
    }),
    {
      list: ['***', { deep: '\\u{e0078}' }, 1, null, true],
      'na\\u200bme': 'x',
      url: 'https://host/path:x@y',
      password: 'of nobody'
    }
  )
})

t.test('what needs no change is not copied, and nothing is changed in place', async (t) => {
  const clean = { list: [{ name: 'web-01' }], count: 1 }
  t.equal(outgoing.value(clean), clean)
  const part = { name: 'web-02' }
  const record = { list: [part, { name: 'S3cr@et/P w' }] }
  const shown = outgoing.record(record)
  t.not(shown, record)
  t.equal(shown.list[0], part)
  t.same(record.list[1], { name: 'S3cr@et/P w' })
})

t.test('fields that are secret by name are emptied in records of the cluster', async (t) => {
  t.same(
    outgoing.record({
      sessionID: 'abc',
      latestTaskTag: { sessionID: 'def', state: 'COMPLETE' },
      list: [{ password: 'p', user: 'u' }, { password: '***' }, { password: 5 }]
    }),
    {
      sessionID: '',
      latestTaskTag: { sessionID: '', state: 'COMPLETE' },
      list: [{ password: '', user: 'u' }, { password: '***' }, { password: 5 }]
    }
  )
})

t.test('a withheld field is told by its size', async (t) => {
  const withheld = { cloudInitData: 'ask for it' }
  const record = { cloudInitData: { userData: 'cGFzc3dvcmQ=', metaData: '', none: null }, x: 'y' }
  t.same(outgoing.record([{ domain: record }], withheld), [
    {
      domain: {
        cloudInitData: {
          userData: 'not shown, 12 characters: ask for it',
          metaData: '',
          none: null
        },
        x: 'y'
      }
    }
  ])
  t.same(outgoing.record({ cloudInitData: 'abc' }, withheld), {
    cloudInitData: 'not shown, 3 characters: ask for it'
  })
  t.equal(outgoing.record(record), record)
})

t.test('names of prototypes are names', async (t) => {
  const record = JSON.parse('{"__proto__": "S3cr@et/P w", "constructor": "a\\u200bb"}') as object
  const shown = outgoing.value(record)
  t.equal(Object.getPrototypeOf(shown), Object.prototype)
  t.same(Object.entries(shown), [
    ['__proto__', '***'],
    ['constructor', 'a\\u200bb']
  ])
  t.same(outgoing.record({ constructor: { a: 'b' } }, { other: 'x' }), { constructor: { a: 'b' } })
})

t.test('JSON stays JSON', async (t) => {
  const hidden = ['a\u202eb', 'a\u0007b', 'a\u001b[31m', 'a\ud800b', 'a\bb', 'a\fb', tags('run')]
  for (const text of [
    ...hidden,
    'S3cr@et/P w',
    'C:\\foo\\bar',
    'a\\u202eb',
    'line\r\nend',
    'ü😀'
  ]) {
    const line = JSON.stringify({ msg: text, [text]: 1 })
    t.same(
      JSON.parse(outgoing.json(line)),
      JSON.parse(JSON.stringify(outgoing.value({ msg: text, [text]: 1 }))),
      line
    )
  }
  const clean = '{"a": 1,  "b": "C:\\\\foo"}'
  t.equal(outgoing.json(clean), clean, 'as it was written')
  t.equal(outgoing.json('no JSON S3cr@et/P w \u202e'), 'no JSON *** \\u202e')
})

t.test('a secret that is learned is redacted from then on', async (t) => {
  const session = '0b5e1c7d-1111-4222-8333-abcdefabcdef'
  t.equal(outgoing.text(session), session)
  outgoing.learn(session)
  t.equal(outgoing.text(session), '***')
  t.equal(outgoing.json(JSON.stringify([session])), '["***"]')
})

t.test('nothing comes out of the second time that did not out of the first', async (t) => {
  for (const text of [
    'a\u202eb',
    'S3cr@et/P w',
    'smb://u:p@nas/s',
    tags('x'),
    'CORP;backup:S3cr@et/P w'
  ])
    t.equal(outgoing.text(outgoing.text(text)), outgoing.text(text))
})
