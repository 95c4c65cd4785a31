import t from 'tap'
import { nearestMisspellings, nearestNames } from '../../../../src/lib/text/nearest.ts'

const names = [
  'web-01',
  '',
  ' ',
  'test-web-01',
  'Web-02',
  'node 2',
  '[1]',
  '-',
  'db-a',
  'before update'
]

t.test('the name that differs in case comes first, then misspelt ones, then parts', async (t) => {
  const first = (word: string): string | undefined => nearestNames(word, names, 3)[0]
  for (const [word, name] of [
    ['TEST-WEB-01', 'test-web-01'],
    ['wbe-01', 'web-01'],
    ['web02', 'Web-02'],
    ['before', 'before update'],
    ['the web-01 server', 'web-01']
  ] as const)
    t.equal(first(word), name, word)
  t.same(nearestNames('web-01', names, 3), ['web-01', 'Web-02', 'test-web-01'])
})

t.test('what is like nothing gets nothing, and names that are empty are not offered', async (t) => {
  for (const word of ['nope', '-', '', '1', 'x'.repeat(300)])
    t.same(
      nearestNames(word, names, 9).filter((name) => name !== word),
      [],
      word
    )
})

t.test(
  'a slip of the keys leaves numbers, and letters that stand alone, as they are',
  async (t) => {
    for (const [word, found] of [
      ['TEST-WEB-01', ['test-web-01']],
      ['tset-web-01', ['test-web-01']],
      ['web-1', ['web-01']],
      ['WEB-02', ['Web-02']],
      ['web-03', []],
      ['web', []],
      ['db-b', []],
      ['DB-A', ['db-a']],
      ['before', []],
      ['x'.repeat(300), []]
    ] as const)
      t.same(nearestMisspellings(word, names, 3), found, word)
  }
)
