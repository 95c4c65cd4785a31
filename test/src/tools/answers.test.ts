import { Type } from '@sinclair/typebox'
import t from 'tap'
import { blankCredentials, blankSecrets } from '../../../src/secrets.ts'
import { listAnswer } from '../../../src/tools/list-answer.ts'
import { publishedSchema } from '../../../src/tools/published-schema.ts'
import { Input, StringEnum } from '../../../src/tools/schemas.ts'
import { textAnswer } from '../../../src/tools/text-answer.ts'
import { formatBytes, formatTime } from '../../../src/tools/units.ts'

t.test('secrets are blanked wherever they stand', async (t) => {
  t.same(
    blankSecrets({
      sessionID: 'abc',
      latestTaskTag: { sessionID: 'def', state: 'COMPLETE' },
      list: [{ password: 'p', user: 'u' }, 'smb://DOM;u:p@ss:w@host/share'],
      url: 'https://host/path:x@y',
      count: 3
    }),
    {
      sessionID: '',
      latestTaskTag: { sessionID: '', state: 'COMPLETE' },
      list: [{ password: '', user: 'u' }, 'smb://DOM;u:***@host/share'],
      url: 'https://host/path:x@y',
      count: 3
    }
  )
  t.equal(
    blankCredentials('see smb://u:p@h/x and smb://v:q@i/y'),
    'see smb://u:***@h/x and smb://v:***@i/y'
  )
})

t.test('a list: filter, page, hint', async (t) => {
  const records = [
    { name: 'web-01', state: 'RUNNING', tags: 'prod' },
    { name: 'web-02', state: 'SHUTOFF', tags: 'running-shoes' },
    { name: 'db-01', state: 'RUNNING', tags: '' }
  ]
  t.equal(listAnswer(records, {}).total, 3)
  t.equal(listAnswer(records, { filter: 'WEB' }).total, 2)
  t.equal(listAnswer(records, { filter: 'running' }).total, 3, 'a word is found in any field')
  t.equal(listAnswer(records, { filter: 'state:running' }).total, 2, 'a field only in its own')
  t.equal(listAnswer(records, { filter: 'other:web' }).total, 0, 'an unknown field is a word')
  t.match(listAnswer(records, { limit: 2 }), { total: 3, returned: 2, next_offset: 2 })
  t.match(listAnswer(records, { limit: 2, offset: 2 }), { returned: 1, next_offset: undefined })
  t.match(listAnswer(records, { filter: 'zzz' }), { total: 0, items: [], hint: /zzz/ })
  t.match(listAnswer(records, { filter: 'stat:RUNNING' }), {
    total: 0,
    hint: '"stat" is no field; did you mean state? Fields: name, state, tags'
  })
  t.match(listAnswer(records, { filter: 'zz:1' }), { hint: /"zz" is no field\. Fields: name/ })
  t.match(listAnswer(records, { filter: 'state:FOO' }), {
    total: 0,
    hint: 'no state has "FOO"; there is RUNNING, SHUTOFF'
  })
  t.match(listAnswer([], {}), { total: 0, hint: undefined })
  t.throws(() => listAnswer(records, { offset: 3 }), {
    message: /only 3 items: use an offset from 0 to 2/
  })
  const short = listAnswer(records, { filter: 'tags:prod' }, ({ name, tags }) => ({ name, tags }))
  t.same(short.items, [{ name: 'web-01', tags: 'prod' }])
  const full = listAnswer(records, { detail: 'full', filter: 'web-01' }, ({ name }) => ({ name }))
  t.same(full.items, [records[0]])
})

t.test('text for a model', async (t) => {
  t.equal(
    textAnswer({
      total: 2,
      returned: 2,
      items: [
        { a: 1, b: 'x\ty\nz' },
        { a: '', c: [1] }
      ]
    }),
    'total 2, returned 2\na\tb\tc\n1\tx y z\t-\n-\t-\t[1]'
  )
  t.equal(
    textAnswer({ state: 'COMPLETE', message: 'done', extra: { a: 1 } }),
    'state: COMPLETE\nmessage: done\nextra: {"a":1}'
  )
  t.equal(
    textAnswer({ total: 0, returned: 0, items: [], hint: 'try' }),
    'total 0, returned 0, hint try'
  )
})

t.test('the published form of a schema', async (t) => {
  const schema = Input({
    later: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 5, default: 2, description: 'how many' })
    ),
    mode: StringEnum(['A', 'B'], 'way'),
    free: Type.Unsafe({
      type: ['object', 'array'],
      'x-published-type': 'object',
      description: 'any'
    })
  })
  t.same(publishedSchema(schema), {
    type: 'object',
    properties: {
      mode: { type: 'string', enum: ['A', 'B'], description: 'way (one of A, B)' },
      free: { type: 'object', description: 'any' },
      later: {
        type: 'integer',
        minimum: 1,
        maximum: 5,
        default: 2,
        description: 'how many (1 to 5, default 2)'
      }
    },
    required: ['mode', 'free']
  })
})

t.test('units', async (t) => {
  t.equal(formatBytes(0), '0 B')
  t.equal(formatBytes(4 * 1024 ** 3), '4 GiB')
  t.equal(formatBytes(1.5 * 1024 ** 4), '1.5 TiB')
  t.equal(formatTime(0), '')
  t.equal(formatTime(1700000000), '2023-11-14T22:13:20Z')
})
