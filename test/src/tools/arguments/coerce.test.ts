import { Type } from '@sinclair/typebox'
import t from 'tap'
import { tools } from '../../../../src/app.ts'
import { defineTool, readOnly } from '../../../../src/tools/define-tool.ts'
import { coerceArguments } from '../../../../src/tools/arguments/coerce.ts'
import { macPattern } from '../../../../src/lib/text/mac-address.ts'
import { CommaWords, Input, Name, StringEnum, Uuid, VmUuid } from '../../../../src/tools/schemas.ts'

const tool = defineTool({
  name: 'sample',
  title: 'Sample',
  description: 'A tool for this test',
  tag: 'api',
  annotations: readOnly,
  input: Input({
    vmUUID: VmUuid,
    name: Type.Optional(Name('a name')),
    isoUUID: Type.Optional(Uuid('from iso_read')),
    mode: Type.Optional(StringEnum(['FAST', 'SLOW', 'VERY_FAST'], 'how')),
    count: Type.Optional(Type.Integer()),
    share: Type.Optional(Type.Number()),
    amount: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    on: Type.Optional(Type.Boolean()),
    text: Type.Optional(Type.String()),
    tags: Type.Optional(CommaWords('words')),
    size: Type.Optional(Type.Integer({ 'x-bytes': true })),
    mac: Type.Optional(Type.String({ pattern: macPattern })),
    words: Type.Optional(Type.Array(Type.String())),
    parts: Type.Optional(
      Type.Array(
        Type.Object(
          { size: Type.Integer(), kind: Type.Optional(StringEnum(['BIG'], 'which')) },
          { additionalProperties: false }
        )
      )
    ),
    extra: Type.Optional(Type.Unsafe<unknown>({ type: ['object', 'array', 'string', 'null'] }))
  }),
  output: Type.Object({}),
  run: async () => ({})
})
const vmUUID = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

t.test('what differs only in form is brought into form', async (t) => {
  const rows: [given: object, args: object, notes?: string[]][] = [
    [{ count: '4' }, { count: 4 }, ['count: "4" read as 4']],
    [{ count: '-4.0' }, { count: -4 }],
    [{ share: '0.25' }, { share: 0.25 }],
    [{ on: ' TRUE ' }, { on: true }, ['on: "TRUE" read as true']],
    [{ text: 1.5 }, { text: '1.5' }, ['text: 1.5 read as text']],
    [{ text: ' kept ' }, { text: ' kept ' }, []],
    [{ text: '' }, { text: '' }, []],
    [{ text: null }, {}, ['left out, nothing given: text']],
    [{ name: ' x ' }, { name: 'x' }, []],
    [{ name: '  ' }, {}, ['left out, nothing given: name']],
    [{ count: 0, share: 0, amount: 0 }, { count: 0, share: 0, amount: 0 }, []],
    [{ snapUUID: null }, {}, ['left out, nothing given: snapUUID']],
    // tags can be cleared, and this may be a misspelling of it.
    [{ tagz: '' }, { tagz: '' }, []],
    [{ snapUUID: 'x', other: 0, more: [] }, { snapUUID: 'x', other: 0, more: [] }, []],
    [{ mode: 'very fast' }, { mode: 'VERY_FAST' }, ['mode: "very fast" read as VERY_FAST']],
    [{ isoUUID: vmUUID.toUpperCase() }, { isoUUID: vmUUID }, []],
    [{ isoUUID: vmUUID.replaceAll('-', '') }, { isoUUID: vmUUID }, []],
    [{ tags: ['a ', 'b'] }, { tags: 'a,b' }, ['tags: list read as "a,b"']],
    [
      { tags: 'prod; database ; , ,x y' },
      { tags: 'prod,database,x y' },
      ['tags: "prod; database ; , ,x y" read as "prod,database,x y"']
    ],
    [{ tags: 'a, b' }, { tags: 'a,b' }, []],
    [{ tags: 'a,a' }, { tags: 'a' }, ['tags: "a,a" read as "a"']],
    [{ tags: ' ; ' }, { tags: ' ; ' }, []],
    [{ size: '8 GB' }, { size: 8589934592 }, ['size: "8 GB" read as 8589934592 bytes (8 GiB)']],
    [{ size: '100 GiB' }, { size: 107374182400 }],
    [{ size: '4096MB' }, { size: 4294967296 }],
    [{ size: '1.5t' }, { size: 1649267441664 }],
    [{ size: '4 gibibytes' }, { size: 4294967296 }],
    [{ size: '4294967296 bytes' }, { size: 4294967296 }],
    [{ size: '0.3 B' }, { size: '0.3 B' }, []],
    [{ size: '8,5 GB' }, { size: '8,5 GB' }, []],
    [{ size: '8 GB or so' }, { size: '8 GB or so' }, []],
    [{ size: '8388608 PiB' }, { size: '8388608 PiB' }, []],
    [
      { mac: '7c-4c-58-aa-bb-cc' },
      { mac: '7C:4C:58:AA:BB:CC' },
      ['mac: "7c-4c-58-aa-bb-cc" read as 7C:4C:58:AA:BB:CC']
    ],
    [{ mac: '7c4c.58aa.bbcc' }, { mac: '7C:4C:58:AA:BB:CC' }],
    [{ mac: '7c4c58aabbcc' }, { mac: '7C:4C:58:AA:BB:CC' }],
    [{ mac: '7c-4c:58-aa-bb-cc' }, { mac: '7c-4c:58-aa-bb-cc' }, []],
    [{ words: 'a, b,,' }, { words: ['a', 'b'] }, ['words: text was read as a list']],
    [{ parts: { size: '1' } }, { parts: [{ size: 1 }] }],
    [{ parts: '[{"size": 1, "kind": "big"}]' }, { parts: [{ size: 1, kind: 'BIG' }] }],
    [{ parts: [{ size: 1, kind: null }] }, { parts: [{ size: 1 }] }],
    [{ extra: null }, { extra: null }, []],
    [{ extra: '{"a": "1"}' }, { extra: '{"a": "1"}' }, []],
    [{ extra: { count: '4', vm: null } }, { extra: { count: '4', vm: null } }, []]
  ]
  for (const [given, args, notes] of rows) {
    const before = structuredClone(given)
    const repaired = coerceArguments(tool, { vmUUID, ...given })
    t.same(repaired.args, { vmUUID, ...args }, JSON.stringify(given))
    if (notes !== undefined) t.same(repaired.notes, notes, JSON.stringify(given))
    t.same(repaired.problems, [])
    t.same(given, before, 'what was given is not changed')
  }
})

t.test('what can be read in two ways stays as it is', async (t) => {
  const values: object[] = [
    { count: '4 GB' },
    { count: '1e3' },
    { count: '4.5' },
    { count: '1,5' },
    { count: '0x1' },
    { count: '9007199254740993' },
    { count: true },
    { on: 1 },
    { on: 'yes' },
    { text: true },
    { text: 2 ** 60 },
    { text: ['a'] },
    { mode: 'fast mode' },
    { mode: 'ＦＡＳＴ' },
    { isoUUID: 'x' },
    { isoUUID: 12 },
    { tags: [] },
    { tags: ['a,b'] },
    { tags: [1] },
    { words: '[a, b' },
    { words: ',' },
    { words: { a: 1 } },
    { parts: '5' },
    { parts: "[{'size': 1}]" },
    { cuont: 1 },
    { constructor: 1 }
  ]
  for (const given of values) {
    const { args, notes } = coerceArguments(tool, { vmUUID, ...given })
    t.same(args, { vmUUID, ...given }, JSON.stringify(given))
    t.same(notes, [], JSON.stringify(given))
  }
  for (const body of [5, true, [{ vmUUID }], 'vmUUID', '[1', '"text"'])
    t.same(coerceArguments(tool, body).args, body, 'no arguments at all')
})

t.test('an argument of another tool that says nothing is left out', async (t) => {
  const rows: [tool: string, given: object, args: object, leftOut?: string][] = [
    // As small models fill in what the tools beside it have.
    ['snapshotVM', { label: 'x', snapUUID: '' }, { label: 'x' }, 'snapUUID'],
    [
      'snapshotVM',
      { label: 'x', snapUUID: ' ', dry_run: false },
      { label: 'x', dry_run: false },
      'snapUUID'
    ],
    ['snapshotVM', { label: 'x', snapUUID: 'newest' }, { label: 'x', snapUUID: 'newest' }],
    ['resizeDisk', { addGiB: 20, toGiB: 0 }, { addGiB: 20 }, 'toGiB'],
    ['resizeDisk', { addGiB: 0, toGiB: 300 }, { toGiB: 300 }, 'addGiB'],
    ['resizeDisk', { addGiB: 0, toGiB: 0 }, { addGiB: 0, toGiB: 0 }],
    ['resizeDisk', { addGiB: 0 }, { addGiB: 0 }],
    ['resizeDisk', { addGiB: 20, toGiB: -1 }, { addGiB: 20, toGiB: -1 }],
    // It can clear the tags.
    ['updateVM', { tag_list: '' }, { tag_list: '' }],
    ['updateVM', { tag_list: null }, {}, 'tag_list']
  ]
  for (const [name, given, args, leftOut] of rows) {
    const known = tools.find((each) => each.name === name)
    if (known === undefined) throw new Error(`There is no tool ${name}`)
    const coerced = coerceArguments(known, { vmUUID, ...given })
    t.same(coerced.args, { vmUUID, ...args }, `${name} ${JSON.stringify(given)}`)
    t.same(coerced.notes, leftOut === undefined ? [] : [`left out, nothing given: ${leftOut}`])
  }
  const plan = tools.find((each) => each.name === 'plan')
  // The arguments of a step may stand beside the name of its tool.
  const steps = [{ tool: 'updateVM', vmUUID, tags: '', description: null }]
  t.same(plan && coerceArguments(plan, { steps }).args, { steps }, 'steps keep what is theirs')
})

t.test('names of arguments', async (t) => {
  t.same(coerceArguments(tool, { VM_UUID: vmUUID }).args, { vmUUID })
  t.same(coerceArguments(tool, { name: 'x', id: vmUUID }).args, { name: 'x', vmUUID })
  t.same(coerceArguments(tool, { id: vmUUID, uuid: vmUUID.toUpperCase() }).problems, [])
  t.match(coerceArguments(tool, { id: 'web-02', uuid: 'web-01' }), {
    problems: ['uuid also means vmUUID, which has another value: pass vmUUID alone']
  })
  for (const body of [
    { id: vmUUID, uuid: 'web-01' },
    { id: 'web-01', uuid: vmUUID }
  ])
    t.match(
      coerceArguments(tool, body),
      { args: { vmUUID }, problems: [], duplicates: [{ argument: 'vmUUID', text: 'web-01' }] },
      'the cluster knows whether they are the same'
    )
})

t.test('keys that every object has are only names', async (t) => {
  const body = '{"__proto__": {"count": "1"}, "vmUUID": "x"}'
  const { args } = coerceArguments(tool, body)
  t.same(Object.keys(args as object), ['__proto__', 'vmUUID'])
  t.equal(Object.getPrototypeOf(args), Object.prototype)
  t.notOk('count' in (args as object))
})

t.test('notes are few, and hold no password', async (t) => {
  const many = coerceArguments(tool, {
    vmUUID,
    parts: Array.from({ length: 500 }, () => ({ size: '1' }))
  })
  t.ok(many.notes.length <= 11)
  const { notes } = coerceArguments(tool, { vmUUID, tags: ['smb://user:secret@server/share'] })
  t.same(notes, ['tags: list read as "smb://***@server/share"'])
})
