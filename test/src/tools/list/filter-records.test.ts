import * as fc from 'fast-check'
import t from 'tap'
import {
  type Comparison,
  type Filter,
  joined,
  negated,
  printFilter
} from '../../../../src/tools/filter/filter.ts'
import { listResponse } from '../../../../src/tools/list/list-response.ts'
import { age, bytes, type ListView, time } from '../../../../src/views/list-view.ts'
import { ZonedTime } from '../../../../src/views/zoned-time.ts'

const gib = 1024 ** 3
const day = 86_400
/** 29 November 2026, 02:30 in Berlin. */
const now = Date.parse('2026-11-29T01:30:00Z')
const seconds = now / 1000

interface Vm {
  name: string
  state: string
  tags: string
  mem: number
  usedPercent: number
  created: number
  snapshot: number
  nics: string[]
}

const vms: Vm[] = [
  {
    name: 'web-01',
    state: 'RUNNING',
    tags: 'prod,web',
    mem: 4 * gib,
    usedPercent: 80,
    created: seconds - 30 * day,
    snapshot: seconds - 8 * day,
    nics: ['7C:4C:58:12:34:56']
  },
  {
    name: 'web-02',
    state: 'SHUTOFF',
    tags: 'preprod',
    mem: 8 * gib,
    usedPercent: 12,
    created: Date.parse('2026-11-27T23:30:00Z') / 1000,
    snapshot: 0,
    nics: []
  },
  {
    name: 'db 01',
    state: 'PAUSED',
    tags: '',
    mem: 16 * gib,
    usedPercent: 99,
    created: Date.parse('2026-11-28T22:59:00Z') / 1000,
    snapshot: seconds - 3600,
    nics: ['7c-4c-58-aa-bb-cc']
  }
]

type Described = Omit<Vm, 'snapshot'> & { memory: string; snapshotAge: string; takenAt: string }

const view: ListView<Vm, Described> = {
  describe: ({ snapshot, ...vm }) => ({
    ...vm,
    memory: `${vm.mem / gib} GiB`,
    snapshotAge: snapshot === 0 ? 'none' : `${Math.floor((seconds - snapshot) / day)} d`,
    takenAt: snapshot === 0 ? '' : new Date(snapshot * 1000).toISOString()
  }),
  time: 'created',
  aliases: { ram: 'memory' },
  words: { state: (word) => (word === 'stopped' ? 'SHUTOFF' : undefined) },
  phrases: { 'powered off': ['state', 'SHUTOFF'] },
  measures: {
    memory: bytes(({ mem }) => mem),
    created: time(({ created }) => created),
    takenAt: time(({ snapshot }) => snapshot, 'no snapshot'),
    snapshotAge: age(
      ({ snapshot }) => snapshot,
      'no snapshot',
      () => seconds
    )
  }
}

const clock = { now, zone: new ZonedTime('Europe/Berlin') }
const list = (filter: string) => listResponse(vms, { filter }, 'json', view, clock)
const found = (filter: string): string =>
  list(filter)
    .items.map(({ name }) => name)
    .join('|')

t.test('comparisons, units, times', async (t) => {
  for (const [filter, names] of [
    ['memory>4GB', 'web-02|db 01'],
    ['memory >= 4 GiB', 'web-01|web-02|db 01'],
    ['memory<8192MB', 'web-01'],
    ['ram=8GB', 'web-02'],
    ['mem>4294967296', 'web-02|db 01'],
    ['mem>4GB', 'web-02|db 01'],
    ['usedPercent>=80', 'web-01|db 01'],
    ['usedPercent > 80 %', 'db 01'],
    ['usedPercent<80 or usedPercent>90', 'web-02|db 01'],
    ['snapshotAge>7d', 'web-01|web-02'],
    ['snapshotAge<=7d', 'db 01'],
    ['snapshot_age > 2h', 'web-01|web-02'],
    ['snapshotAge:none', 'web-02'],
    ['takenAt<2026-11-28', 'web-01|web-02'],
    ['takenAt:', 'web-02'],
    ['takenAt:never', 'web-02'],
    ['older:7d', 'web-01'],
    ['newer:2h', ''],
    ['newer than 3 h', 'db 01'],
    ['takenAt older 7d', 'web-01|web-02'],
    ['takenAt newer 7d', 'db 01'],
    // Local midnight is 23:00 UTC.
    ['created:2026-11-28', 'web-02|db 01'],
    ['created:yesterday', 'web-02|db 01'],
    ['created>2026-11-28', ''],
    ['created>=2026-11-28', 'web-02|db 01'],
    ['created<=2026-11-28', 'web-01|web-02|db 01'],
    ['created<2026-11-28', 'web-01'],
    ['created>=2026-11-28T00:31', 'db 01'],
    ['created>2026-11-28T00:00Z', 'db 01'],
    ['created:2026-11-28T00:30', 'web-02'],
    ['created>7d ago', 'web-02|db 01']
  ] as const)
    t.equal(found(filter), names, filter)
  t.match(list('snapshotAge>7d').hint, /^1 of them has no snapshot, which counts as older than any/)
  t.match(
    list('created>2026-11-28').hint,
    /created>2026-11-28 is from 2026-11-29 00:00 Europe\/Berlin/
  )
  t.match(list('older:7d').hint, /older by created/)
})

t.test('names, words and addresses in other forms', async (t) => {
  for (const [filter, names] of [
    ['state:stopped', 'web-02'],
    ['powered off', 'web-02'],
    ['Powered-Off', 'web-02'],
    ['status=RUNNING', 'web-01'],
    ['state in (RUNNING, stopped)', 'web-01|web-02'],
    ['state:RUNNING,PAUSED', 'web-01|db 01'],
    ['tag:prod', 'web-01'],
    ['tags:none', 'db 01'],
    ['nics:7c4c.5812.3456', 'web-01'],
    ['nics:7C-4C-58-12-34-56', 'web-01'],
    ['7c4c58aabbcc', 'db 01'],
    ['name:"db 01"', 'db 01'],
    ['not powered off', 'web-01|db 01'],
    ['-tags:prod', 'web-02|db 01'],
    ['tags=prod OR tags=preprod', 'web-01|web-02']
  ] as const)
    t.equal(found(filter), names, filter)
  t.match(list('powered off').hint, /read as state:SHUTOFF/)
})

t.test('a value that no record has: total 0, and what there is', async (t) => {
  for (const [filter, hint] of [
    ['state:CRASHED', 'no state has "CRASHED"; there is RUNNING, SHUTOFF, PAUSED'],
    ['name:zzz*', /^no name has "zzz\*"; there is/],
    ['zzz', /^nothing has "zzz"/]
  ] as const)
    t.match(list(filter), { total: 0, hint }, filter)
})

t.test('what is not understood is an error, never a number', async (t) => {
  for (const [filter, message] of [
    ['stat:RUNNING', /unknown field "stat"; did you mean state\?/],
    ['foo>3', /unknown field "foo"/],
    ['state:RUNNING foo:bar', /unknown field "foo"/],
    ['memory>8', /a size needs its unit: did you mean memory>8GB\?/],
    ['memory>much', /memory is a size: memory>8GB/],
    ['snapshotAge>7', /a duration needs its unit: did you mean snapshotAge>7d\?/],
    ['snapshotAge>2026-11-01', /snapshotAge is a duration: snapshotAge>7d/],
    ['usedPercent>lots', /usedPercent is a number: usedPercent>80/],
    ['created>soon', /created is a time: created>2026-11-28/],
    ['created>7d', /read in two ways: write created older 7d or created newer 7d/],
    ['created>2026-13-45', /created is a time/],
    ['name>5', /name is text, which is not compared: name:value/],
    ['older:week', /write a duration: older:7d/],
    ['name older 7d', /name is not a time field/],
    [
      'tags:prod,test',
      /two ways: tags:prod tags:test for all of them, tags in \(prod, test\) for any/
    ],
    ['state:RUNNING and PAUSED', /say the field again, and state:PAUSED/],
    ['web-01, zzz', /write web-01 or zzz for either, web-01 and zzz for both/],
    ['state RUNNING', /did you mean state:RUNNING\?/]
  ] as const)
    t.throws(
      () => list(filter),
      {
        code: 'INVALID_ARGUMENT',
        message: new RegExp(`^filter not understood: .*${message.source}`, 's')
      },
      filter
    )
})

const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('name', 'state', 'tags'),
      fc.constantFrom('web', 'prod', 'RUNNING', 'w*', '', 'none', 'zzz')
    )
    .map(([field, value]): Filter => ({ kind: 'is', field, values: [value] })),
  fc
    .tuple(fc.constantFrom<Comparison>('<', '<=', '>', '>='), fc.constantFrom('4GB', '8GB', '9GB'))
    .map(([by, value]): Filter => ({ kind: 'compare', field: 'memory', by, value })),
  fc
    .tuple(
      fc.constantFrom<Comparison>('<', '<=', '>', '>='),
      fc.constantFrom('2026-11-28', 'yesterday', '8d ago')
    )
    .map(([by, value]): Filter => ({ kind: 'compare', field: 'takenAt', by, value })),
  fc
    .tuple(fc.constantFrom('older' as const, 'newer' as const), fc.constantFrom('2h', '9d'))
    .map(([by, value]): Filter => ({ kind: 'age', field: 'snapshotAge', by, value })),
  fc.constantFrom('web', '01', 'zzz').map((text): Filter => ({ kind: 'word', text, quoted: true }))
)

const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    condition,
    tie('filter').map(negated),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('filter'), { minLength: 2, maxLength: 3 })
      )
      .map(([kind, of]) => joined(kind, of))
  )
})).filter

const names = (filter: Filter): Set<unknown> =>
  new Set(list(printFilter(filter)).items.map(({ name }) => name))

t.test('not is the complement, or the union, and the intersection', async (t) => {
  fc.assert(
    fc.property(filters, filters, (a, b) => {
      const [inA, inB] = [names(a), names(b)]
      const [no, either, both] = [
        names(negated(a)),
        names(joined('or', [a, b])),
        names(joined('and', [a, b]))
      ]
      return vms.every(
        ({ name }) =>
          no.has(name) === !inA.has(name) &&
          either.has(name) === (inA.has(name) || inB.has(name)) &&
          both.has(name) === (inA.has(name) && inB.has(name))
      )
    }),
    { numRuns: 1000 }
  )
  t.pass()
})
