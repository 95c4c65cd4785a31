import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { offerParsed, shareParsed } from '../../../../src/lib/json/json-source.ts'
import { Outgoing } from '../../../../src/lib/secrets/outgoing.ts'

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

t.test('a withheld field is replaced by its size', async (t) => {
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

t.test('what lies deeper in a withheld field is looked through, too', async (t) => {
  const held = { userData: { password: 'p', text: 'S3cr@et/P w' }, ['na\u200bme']: ['S3cr@et/P w'] }
  t.same(outgoing.record({ cloudInitData: held }, { cloudInitData: 'ask for it' }), {
    cloudInitData: { userData: { password: '', text: '***' }, 'na\\u200bme': ['***'] }
  })
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

t.test(
  'what is passed as a whole has nothing in it that a look at each text would change',
  async (t) => {
    const secret = 'S3cr@et/P w'
    const odd = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      '\u200b'
    ]
    const words = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom(...odd, 'smb://u:p@nas/x', '\u0007', '\r', '\\u0041', `sb_${'a'.repeat(32)}`)
    )
    const names = fc.oneof(
      words,
      fc.constantFrom('sessionID', 'password', 'cloudInitData', 'name', 'userData')
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        words,
        fc.constantFrom('', null, 5, true),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 4, noNullPrototype: true })
      )
    }))
    const withheld = { cloudInitData: 'ask for it' }
    // Within a list a value is looked at alone: each part of it has its turn.
    const partsOf = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(partsOf)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value).map(([name, part]) => {
                const alone = Object.entries(outgoing.record({ [name]: part }, withheld))
                const [[shownName, shown] = [name, part]] = alone
                return [shownName, name in withheld || shown === '' ? shown : partsOf(part)]
              })
            )
          : outgoing.value({ value }).value
    fc.assert(
      fc.property(fc.dictionary(names, tree, { maxKeys: 6, noNullPrototype: true }), (record) => {
        const shown = outgoing.record(record, withheld)
        const text = outgoing.jsonOf(shown)
        t.equal(text, outgoing.json(JSON.stringify(shown)), 'the hook would change nothing')
        if (shown === record) t.equal(JSON.stringify(partsOf(record)), JSON.stringify(record))
        return !text.includes('S3cr')
      }),
      { numRuns: 300 }
    )
  }
)

t.test('a shared list comes out as any other, and is looked through once', async (t) => {
  const one = new Outgoing([{ value: 'S3cr@et/P w' }])
  const listOf = (text: string): object[] => [
    { name: text, latestTaskTag: { sessionID: 'abc' } },
    { name: 'web', cloudInitData: { userData: 'x', metaData: '' } }
  ]
  const withheld = { cloudInitData: 'ask for it' }
  for (const text of ['web', 'with S3cr@et/P w', 'https://u:p@host/', 'ni\u202eeman']) {
    const shared = listOf(text)
    shareParsed(shared)
    const expected = one.record({ status: 200, body: listOf(text) }, withheld)
    const shown = one.record({ status: 200, body: shared }, withheld)
    t.same(shown, expected)
    t.equal(one.jsonOf(shown), one.json(JSON.stringify(expected)))
    t.equal(one.record({ body: shared }, withheld).body, shown.body, 'the same copy')
    const open = one.record({ status: 200, body: shared })
    t.match(open.body[1], { cloudInitData: { userData: 'x' } }, 'withheld no longer')
  }
  const later = [{ name: 'later-9x-secret' }]
  shareParsed(later)
  t.equal(one.record({ body: later }).body, later)
  one.learn('later-9x-secret')
  t.same(one.record({ body: later }).body, [{ name: '***' }], 'what was learned meanwhile')
})

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** JSON as a node may write it: with spaces, escapes and fields twice. */
const spelled = (json: string, { space, escape }: { space: string; escape: boolean }): string => {
  const spaced = json.replaceAll(
    /("(?:[^"\\]|\\.)*")|([,:{[])/g,
    (found, text: string | undefined) => (text === undefined ? found + space : text)
  )
  return escape ? spaced.replaceAll('/', '\\/').replaceAll('pass', 'p\\u0061ss') : spaced
}

t.test('what came as a text comes out as if its value had come alone', async (t) => {
  const one = new Outgoing([{ value: 'S3cr@et/P w', user: 'backup' }, { value: 'Zürich-ße1' }])
  const withheld = { cloudInitData: 'ask for it' }
  const word = fc.constantFrom(
    'web-01',
    'with S3cr@et/P w in it',
    'Zürich-ße1',
    'Zürich',
    'smb://u:p@nas/share',
    'ni\u202eeman',
    'said "yes"',
    '👩‍💻, ["x", {"y": 1}]',
    'tab\tand \u0007',
    ''
  )
  const name = fc.constantFrom('name', 'password', 'sessionID', 'cloudInitData', 'Zürich', 'list')
  const { item } = fc.letrec((tie) => ({
    item: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.constantFrom(null, true, 0, -1.5e30),
      fc.array(tie('item'), { maxLength: 4 }),
      fc.dictionary(name, tie('item'), { maxKeys: 4 })
    )
  }))
  const body = fc.oneof(fc.array(item, { maxLength: 8 }), fc.dictionary(name, item, { maxKeys: 4 }))
  const how = fc.record({ space: fc.constantFrom('', ' ', '\n'), escape: fc.boolean() })
  fc.assert(
    fc.property(body, how, fc.boolean(), (value, form, isHeld) => {
      const text = spelled(JSON.stringify(value), form)
      const shared = JSON.parse(text) as object
      offerParsed(shared, text)
      const terms = isHeld ? withheld : {}
      const expected = one.record({ status: 200, body: JSON.parse(text) as unknown }, terms)
      for (let i = 0; i < 2; i++) {
        const shown = one.record({ status: 200, body: shared }, terms)
        t.ok(isDeepStrictEqual(plain(shown), plain(expected)), text)
        const sent = JSON.parse(one.jsonOf(shown)) as unknown
        t.ok(isDeepStrictEqual(sent, JSON.parse(one.json(JSON.stringify(expected)))), text)
      }
    }),
    { numRuns: 1000 }
  )
})

t.test('a text that holds more than its value lets nothing of it out', async (t) => {
  const one = new Outgoing([{ value: 'S3cr@et/P w' }])
  const twice = '{"name":"S3cr@et/P w","password":"hunter-22","name":"web","password":""}'
  for (const text of [`[${twice}]`, `[1,${twice},"x"]`, twice, `{"list":[${twice}]}`]) {
    const shared = JSON.parse(text) as object
    offerParsed(shared, text)
    for (let i = 0; i < 2; i++) {
      const sent = one.jsonOf(one.record({ status: 200, body: shared }))
      t.notMatch(sent, /S3cr|hunter/)
      t.same(JSON.parse(sent), { status: 200, body: JSON.parse(text) as unknown })
    }
  }
})

t.test('letters of other languages do not cause a list to be searched', async (t) => {
  const text = JSON.stringify([{ name: 'Zürich' }, { name: '東京 👩🏽‍💻' }])
  const shared = JSON.parse(text) as object[]
  offerParsed(shared, text)
  t.equal(outgoing.record({ body: shared.slice(0, 1) }).body[0], shared[0])
  t.equal(outgoing.jsonOf(outgoing.record({ body: shared })), `{"body":${text}}`)
})

t.test('what stays the same is looked through again once another secret is known', async (t) => {
  const own = new Outgoing([{ value: 'S3cr@et/P w' }])
  const fixed = { json: JSON.stringify({ a: 'S3cr@et/P w', b: 'tok3n-Of-Session' }) }
  const before = own.fixedJson(fixed)
  t.equal(before, '{"a":"***","b":"tok3n-Of-Session"}')
  t.equal(own.fixedJson(fixed), before)
  own.learn('tok3n-Of-Session')
  t.equal(own.fixedJson(fixed), '{"a":"***","b":"***"}')
  t.equal(new Outgoing([]).fixedJson(fixed), fixed.json, 'each way out knows its own')
})
