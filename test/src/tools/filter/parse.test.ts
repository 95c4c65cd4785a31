import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import t from 'tap'
import { BridgeError } from '../../../../src/lib/errors/errors.ts'
import {
  type Comparison,
  type Filter,
  joined,
  negated,
  printFilter
} from '../../../../src/tools/filter/filter.ts'
import { type FilterWords, parseFilter } from '../../../../src/tools/filter/parse.ts'

const fields = ['name', 'state', 'tags', 'memory', 'created', 'snapshotAge', 'usedPercent']

const words: FilterWords = {
  field: (name) => fields.find((field) => field.toLowerCase() === name.toLowerCase()),
  phrase: (text) =>
    text === 'powered off' ? { kind: 'is', field: 'state', values: ['SHUTOFF'] } : undefined
}

const parse = (text: string): Filter => parseFilter(text, words)

/** What each filter says, in the words of the grammar. */
const readings: Readonly<Record<string, Record<string, string>>> = {
  'words and values': {
    web: 'any:web',
    'web front': 'any:"web front"',
    '"state:RUNNING"': 'any:state:RUNNING',
    'any:web': 'any:web',
    'state:RUNNING': 'state:RUNNING',
    'State : "RUNNING"': 'state:RUNNING',
    "state == 'RUNNING'": 'state:RUNNING',
    'name:“web front”': 'name:"web front"',
    'name:"a \\"b\\" c"': 'name:"a \\"b\\" c"',
    'name:web front state:RUNNING': 'name:"web front" and state:RUNNING',
    'name:web (old)': 'name:"web (old)"',
    'name:made and kept': 'name:"made and kept"',
    'tags:': 'tags:""',
    'tags: state:RUNNING': 'tags:"" and state:RUNNING',
    'name:web-*': 'name:web-*',
    '7C:4C:58:12:34:56': 'any:7C:4C:58:12:34:56',
    'fe80::1': 'any:fe80::1',
    'not-used': 'any:not-used',
    'or-01': 'any:or-01'
  },
  'and, or, not': {
    'state:RUNNING tags:prod': 'state:RUNNING and tags:prod',
    'state:RUNNING, tags:prod; memory>8GB': 'state:RUNNING and tags:prod and memory>8GB',
    'state=RUNNING AND tags=prod': 'state:RUNNING and tags:prod',
    'state=RUNNING&tags=prod': 'state:RUNNING and tags:prod',
    'state:RUNNING && !tags:prod': 'state:RUNNING and tags!=prod',
    'tags=prod OR tags=test': 'tags:prod or tags:test',
    'tags:prod || tags:test': 'tags:prod or tags:test',
    'tags:prod or test': 'tags in (prod, test)',
    'web or db': 'any:web or any:db',
    'web and db': 'any:web and any:db',
    'web state:RUNNING': 'any:web and state:RUNNING',
    'not tags:prod': 'tags!=prod',
    '-tags:prod': 'tags!=prod',
    'tags!=prod': 'tags!=prod',
    'tags <> prod': 'tags!=prod',
    'not not tags:prod': 'tags:prod',
    '-web': 'not any:web',
    'web -db': 'any:web and not any:db',
    '(state:RUNNING or state:PAUSED) tags:prod': '(state:RUNNING or state:PAUSED) and tags:prod',
    'state:RUNNING or state:PAUSED tags:prod': 'state:RUNNING or state:PAUSED and tags:prod',
    'not (state:RUNNING or tags:prod)': 'not (state:RUNNING or tags:prod)'
  },
  comparisons: {
    'memory>8GB': 'memory>8GB',
    'memory > 8 GB state:RUNNING': 'memory>"8 GB" and state:RUNNING',
    'memory:>=8GB': 'memory>=8GB',
    'memory ≥ 8GB': 'memory>=8GB',
    'usedPercent>=80 %': 'usedPercent>="80 %"',
    'created>2026-11-01': 'created>2026-11-01',
    'older:7d': 'older:7d',
    'newer:2 h': 'newer:"2 h"',
    'older than 7d and state:RUNNING': 'older:7d and state:RUNNING',
    'created older 7d': 'created older 7d',
    'created is newer than 2h': 'created newer 2h',
    'not snapshotAge>7d': 'not snapshotAge>7d'
  },
  'other dialects': {
    'state in (RUNNING)': 'state:RUNNING',
    "state IN ['RUNNING', 'PAUSED']": 'state in (RUNNING, PAUSED)',
    'state not in (RUNNING, PAUSED)': 'state not in (RUNNING, PAUSED)',
    'state:(RUNNING or PAUSED)': 'state in (RUNNING, PAUSED)',
    'state is RUNNING': 'state:RUNNING',
    'state is not RUNNING': 'state!=RUNNING',
    "state isn't RUNNING": 'state!=RUNNING',
    'memory gt 8GB': 'memory>8GB',
    'memory is greater than 8GB': 'memory>8GB',
    'memory at least 8GB': 'memory>=8GB',
    'name contains web': 'name:*web*',
    'name does not contain web': 'name!=*web*',
    'name starts with web': 'name:web*',
    "name LIKE 'web%'": 'name:web*',
    'tags has prod': 'tags:prod',
    "where state = 'RUNNING'": 'state:RUNNING',
    'powered off': 'state:SHUTOFF'
  }
}

for (const [name, table] of Object.entries(readings))
  t.test(name, async (t) => {
    for (const [text, reading] of Object.entries(table)) {
      t.equal(printFilter(parse(text)), reading, text)
      t.equal(printFilter(parse(reading)), reading, 'and its reading says the same')
    }
  })

t.test('what is not understood says so first, and what to write', async (t) => {
  for (const [text, message] of [
    ['(state:RUNNING', /^filter not understood: "\(state:RUNNING": a \( is not closed/],
    ['"web" )', /^filter not understood: "\)": no \( belongs to this \)/],
    ['name:"web', /^filter not understood: .*: the quote " is not closed/],
    ['memory>', /^filter not understood: memory > has no value: memory:value/],
    ['state:RUNNING or', /^filter not understood: .*: something is missing/],
    ['()', /^filter not understood: .*: something is missing/],
    ['state in (a b" c)', /./],
    ['state in ()', /^filter not understood: .*: the list in \( \) is empty/],
    ['older:', /^filter not understood: older has no duration: older:7d/]
  ] as const) {
    try {
      parse(text)
      t.equal(text, 'state in (a b" c)')
    } catch (error) {
      t.match(error, { code: 'INVALID_ARGUMENT', message }, text)
    }
  }
})

const value = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9._:*-]{1,8}$/),
  fc.constantFrom(
    'and',
    'or',
    'not',
    'web front',
    'a, b',
    'x)',
    '(x',
    '"',
    '\\',
    'state:RUNNING',
    'é'
  ),
  fc.string({ maxLength: 6 })
)
const field = fc.constantFrom(...fields)
const comparison = fc.constantFrom<Comparison>('<', '<=', '>', '>=')
const filled = value.filter((text) => text !== '')

const filters = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({
      kind: fc.constant('is' as const),
      field,
      values: fc.array(value, { minLength: 1, maxLength: 3 })
    }),
    fc.record({ kind: fc.constant('compare' as const), field, by: comparison, value: filled }),
    fc.record({
      kind: fc.constant('age' as const),
      field,
      by: fc.constantFrom('older' as const, 'newer' as const),
      value: filled
    }),
    fc.record({
      kind: fc.constant('age' as const),
      by: fc.constantFrom('older' as const, 'newer' as const),
      value: filled
    }),
    fc.record({
      kind: fc.constant('word' as const),
      text: filled,
      quoted: fc.constant(true as const)
    }),
    tie('filter').map(negated),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('filter'), { minLength: 2, maxLength: 3 })
      )
      .map(([kind, of]) => joined(kind, of))
  )
})).filter

t.test('a filter that is printed and read again is the same', async (t) => {
  fc.assert(
    fc.property(filters, (filter) =>
      isDeepStrictEqual(parse(printFilter(filter)), JSON.parse(JSON.stringify(filter)))
    ),
    { numRuns: 2000 }
  )
  t.pass()
})

const signs =
  `: = != < >= ( ) " ' , - ! & | * \\ “ in( or and not older newer: is web RUNNING 8GB 7d`.split(
    ' '
  )

const pieces = fc.constantFrom(
  ...fields,
  ...signs,
  ' ',
  ' and ',
  ' or ',
  'not ',
  'in (',
  'is ',
  '\u200b',
  '\n'
)

t.test('any text is read, or refused in clear words; never anything else', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 60 }),
        fc.array(pieces, { maxLength: 14 }).map((all) => all.join(''))
      ),
      (text) => {
        let filter: Filter
        try {
          filter = parse(text)
        } catch (error) {
          return (
            error instanceof BridgeError &&
            error.code === 'INVALID_ARGUMENT' &&
            error.message.startsWith('filter not understood: ')
          )
        }
        const printed = printFilter(filter)
        return printFilter(parse(printed)) === printed
      }
    ),
    { numRuns: 3000 }
  )
  t.pass()
})
