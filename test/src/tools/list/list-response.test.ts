import { Type } from '@sinclair/typebox'
import t from 'tap'
import { type ResponseForm, responseText } from '../../../../src/views/text/text-form.ts'
import { listResponse, type ListArguments } from '../../../../src/tools/list/list-response.ts'
import type { ListView } from '../../../../src/views/list-view.ts'
import { publishedSchema } from '../../../../src/tools/published-schema.ts'
import { Input, StringEnum } from '../../../../src/tools/schemas.ts'
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatTime,
  percentOf
} from '../../../../src/lib/text/units.ts'

t.test('a list: filter, page, hint', async (t) => {
  const records = [
    { name: 'web-01', state: 'RUNNING', tags: 'prod' },
    { name: 'web-02', state: 'SHUTOFF', tags: 'running-shoes' },
    { name: 'db-01', state: 'RUNNING', tags: '' }
  ]
  const list = (args: ListArguments) => listResponse(records, args, 'json')
  t.equal(list({}).total, 3)
  t.equal(list({ filter: 'WEB' }).total, 2)
  t.equal(list({ filter: 'running' }).total, 3, 'a word is found in any field')
  t.equal(list({ filter: 'state:running' }).total, 2, 'a field only in its own')
  t.throws(() => list({ filter: 'other:web' }), { code: 'INVALID_ARGUMENT' }, 'never total 0')
  t.match(list({ limit: 2 }), { total: 3, returned: 2, next_offset: 2 })
  t.match(list({ limit: 2, offset: 2 }), { returned: 1, next_offset: undefined })
  t.match(list({ filter: 'zzz' }), { total: 0, items: [], hint: /zzz/ })
  t.throws(() => list({ filter: 'stat:RUNNING' }), {
    message:
      /^filter not understood: "stat:RUNNING": unknown field "stat"; did you mean state\? Fields: name, state, tags/
  })
  t.throws(() => list({ filter: 'zz:1' }), { message: /unknown field "zz"\. Fields: name/ })
  t.match(list({ filter: 'state:FOO' }), {
    total: 0,
    hint: 'no state has "FOO"; there is RUNNING, SHUTOFF'
  })
  t.match(listResponse([], {}, 'json'), { total: 0, hint: undefined })
  t.throws(() => list({ offset: 3 }), {
    message: /only 3 items: use an offset from 0 to 2/
  })
  type Described = { name: string; tags: string; words: string[] }
  const view: ListView<(typeof records)[number], Described> = {
    describe: ({ name, tags }) => ({ name, tags, words: tags.split('-') }),
    summary: ['name', 'tags'],
    columns: ['name']
  }
  const shaped = (args: ListArguments, form: ResponseForm = 'json') =>
    listResponse(records, args, form, view).items
  t.same(shaped({ filter: 'tags:prod' }), [{ name: 'web-01', tags: 'prod' }])
  t.same(shaped({ filter: 'tags:prod' }, 'text'), [{ name: 'web-01' }])
  t.same(shaped({ filter: 'web-01', detail: 'full' }), [records[0]])
  t.same(shaped({ filter: 'state:shut' }), [{ name: 'web-02', tags: 'running-shoes' }])
  t.same(
    shaped({ filter: 'web-02', fields: ['STATE', 'words', 'state'] }),
    [{ state: 'SHUTOFF', words: ['running', 'shoes'] }],
    'any field of the description or the record, once'
  )
  t.same(
    listResponse(records, { filter: 'web-02', fields: ['vmUUID', 'status'] }, 'json', {
      ...view,
      aliases: { vmuuid: 'name' }
    }).items,
    [{ name: 'web-02', state: 'SHUTOFF' }],
    'fields go by the names that a filter knows them by'
  )
  t.throws(() => shaped({ fields: ['name', 'stat'] }), {
    code: 'INVALID_ARGUMENT',
    message: 'fields: unknown field "stat"; did you mean state? Fields: name, tags, words, state'
  })
  t.same(listResponse([], { fields: ['any'] }, 'json').items, [], 'nothing to check them by')
})

t.test('a filter finds no secrets', async (t) => {
  const records = [
    {
      taskTag: '7',
      sessionID: 'abc-123',
      latest: { sessionID: 'def-456', state: 'COMPLETE' },
      target: 'smb://backup:s3cret@archive/x'
    }
  ]
  const find = (filter: string) => listResponse(records, { filter }, 'json')
  for (const filter of ['abc', 'def-456', 'latest:def', 's3cret', 'target:s3c'])
    t.equal(find(filter).total, 0, filter)
  for (const filter of ['sessionID:abc', 'sessionID:none', 'sessionID>a', 'none:1'])
    t.throws(() => find(filter), { message: /Fields: taskTag, latest, target\./ }, filter)
  t.equal(find('latest:COMPLETE').total, 1)
  t.equal(find('target:archive').total, 1)
  t.notMatch(find('target:nothing').hint, /abc-123|s3cret|sessionID,/)
  t.throws(() => listResponse(records, { fields: ['sessionID'] }, 'json'), {
    message: /unknown field/
  })
})

t.test('text for a model', async (t) => {
  t.equal(
    responseText({
      total: 2,
      returned: 2,
      items: [
        { a: 1, b: 'x\ty\nz' },
        { a: '', c: [1] }
      ]
    }),
    'total 2, shown 1-2\na\tb\tc\n1\tx y z\t-\n-\t-\t1'
  )
  t.equal(
    responseText({ state: 'COMPLETE', message: 'done', extra: { a: 1 } }),
    'state: COMPLETE\nmessage: done\nextra: a=1'
  )
  t.equal(responseText({ total: 0, returned: 0, items: [], hint: 'try' }), 'total 0; try')
  t.equal(
    responseText({
      total: 9,
      returned: 2,
      items: [{ a: 1 }, { a: 2 }],
      next_offset: 5,
      hint: 'go on'
    }),
    'total 9, shown 4-5; go on\na\n1\n2'
  )
  t.equal(
    responseText({ total: 5, returned: 1, items: [{ a: 1 }], notes: ['x is y', 'z'] }),
    'total 5, shown 5-5; note: x is y; note: z\na\n1'
  )
  t.equal(responseText({ a: 1, notes: ['x is y'] }), 'a: 1\nnote: x is y')
})

t.test('what cannot be seen is shown in a text', async (t) => {
  for (const [name, text] of [
    ['web\u200b-01', 'web\\u200b-01'],
    ['web\u202e10-', 'web\\u202e10-'],
    ['\ufeffweb-01', '\\ufeffweb-01'],
    ['web\u00ad-01\u2066', 'web\\u00ad-01\\u2066'],
    ['web\u3164', 'web\\u3164'],
    ['web\u{e0001}', 'web\\u{e0001}'],
    ['👩\u200d💻 ❤\ufe0f Zürich 東京', '👩\u200d💻 ❤\ufe0f Zürich 東京']
  ] as const)
    t.equal(responseText({ name }), `name: ${text}`)
  t.equal(
    responseText({ total: 2, returned: 2, items: [{ name: 'a' }, { name: 'a\u200b' }] }),
    'total 2, shown 1-2\nname\na\na\\u200b'
  )
})

t.test('records within a text', async (t) => {
  t.equal(
    responseText({
      name: 'edge\r\nlab\u2028',
      nothing: [],
      words: ['a', 'b c'],
      task: { tag: '7', message: '', at: { place: 'x', empty: '' } },
      nodes: [
        { ip: '10.0.0.1', drives: [{ slot: 0, ok: true }, { slot: 1 }] },
        { ip: '10.0.0.2', spare: null }
      ],
      deep: { list: [{ a: 1 }], b: 2 }
    }),
    [
      'name: edge lab\\u2028',
      'nothing: -',
      'words: a,b c',
      'task: tag=7 at=(place=x)',
      'nodes:',
      '  ip\tdrives\tspare',
      '  10.0.0.1\t(slot=0 ok=true) (slot=1)\t-',
      '  10.0.0.2\t-\t-',
      'deep:',
      '  list:',
      '    a',
      '    1',
      '  b: 2'
    ].join('\n')
  )
})

t.test('the published form of a schema', async (t) => {
  const schema = Input({
    later: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 5, default: 2, description: 'how many' })
    ),
    wide: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, 'x-hide-range': true, default: 9 })
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
      mode: { type: 'string', enum: ['A', 'B'], description: 'way, one of A, B' },
      free: { type: 'object', description: 'any' },
      later: { type: 'integer', description: 'how many, 1 to 5, default 2' },
      wide: { type: 'integer', description: 'default 9' }
    },
    required: ['mode', 'free']
  })
})

t.test('units', async (t) => {
  t.equal(formatBytes(0), '0 B')
  t.equal(formatBytes(4 * 1024 ** 3), '4 GiB')
  t.equal(formatBytes(1.5 * 1024 ** 4), '1.5 TiB')
  t.equal(formatDuration(59.9), '59 s')
  t.equal(formatDuration(3599), '59 min')
  t.equal(formatDuration(47 * 3600), '47 h')
  t.equal(formatDuration(48 * 3600), '2 d')
  t.equal(formatAge(0), '')
  t.equal(formatAge(1000, 1000 + 86400 * 400), '400 d')
  t.equal(formatAge(2000, 1000), '0 s', 'clocks differ')
  t.equal(percentOf(1, 3), 33)
  t.equal(percentOf(1, 0), 0)
  t.equal(formatTime(0), '')
  t.equal(formatTime(1700000000), '2023-11-14T22:13:20Z')
})
