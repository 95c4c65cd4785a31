import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/lib/files/package-info.ts'

const suite = join(packageRoot, 'test', 'run', 'suite.mjs')

/** A test of tap with a subtest that does something without waiting for it. */
const unawaited = (what: string): string => `
  import t from 'tap'
  t.test('outer', async (t) => {
    ${what}
    t.pass('so far')
  })
  t.test('next', async () => new Promise((resolve) => setTimeout(resolve, 500)))
`
const nobodyCaught = /^not ok - [^]*unfinished[^]*Nobody caught Error: late$/m

/** What compiled tests may do, most of them written without tap. */
const passes = `console.log('TAP version 14\\nok 1 - one\\n1..1\\n# { total: 1, pass: 1 }')`
const cases: [what: string, source: string, code: number, printed: RegExp][] = [
  ['passes', passes, 0, /^# \{ total: 1, pass: 1 \}$/m],
  [
    'fails an assertion in a subtest',
    `console.log('# Subtest: outer\\n    # Subtest: inner\\n        not ok 1 - equal\\n          ---\\n' +
      '          found: 2\\n          ...\\n    not ok 1 - inner\\nnot ok 1 - outer\\n# { total: 3, pass: 2, fail: 1 }')
    process.exitCode = 1`,
    1,
    /^not ok - outer > inner > equal\n {10}found: 2$[^]*^# \{ total: 3, pass: 2, fail: 1 \}$/m
  ],
  [
    'throws at its end',
    `${passes}\nthrow new Error('too late')`,
    1,
    /^not ok - fast\/a\.test ended with 1$[^]*too late[^]*^# \{ total: 2, pass: 1, fail: 1 \}$/m
  ],
  [
    'ends early',
    `console.log('ok 1 - one')\nprocess.exit(0)`,
    1,
    /^not ok - fast\/a\.test ended without a summary \(0\)$/m
  ],
  [
    'throws where nobody waits',
    unawaited(`setTimeout(() => { throw new Error('late') }, 10)`),
    1,
    nobodyCaught
  ],
  ['rejects where nobody waits', unawaited(`Promise.reject(new Error('late'))`), 1, nobodyCaught],
  ['is killed', `process.kill(process.pid, 'SIGKILL')`, 1, /ended without a summary \(SIGKILL\)$/m],
  [
    'is skipped, or to be done',
    `console.log('ok 1 - a # SKIP no browser\\nnot ok 2 - b # TODO\\n# { total: 2, todo: 1, skip: 1 }')`,
    0,
    /1 skipped$[^]*^# \{ total: 2, skip: 1, todo: 1 \}$/m
  ]
]

for (const [what, source, code, printed] of cases)
  t.test(`a test that ${what}`, async (t) => {
    const cwd = t.testdir({ '.build': { fast: { 'a.test.js': source } } })
    const ended = spawnSync(process.execPath, [suite, 'fast'], { cwd, encoding: 'utf8' })
    t.equal(ended.status, code, ended.stdout + ended.stderr)
    t.match(ended.stdout, printed)
  })

t.test('no test at all is a failure', async (t) => {
  const cwd = t.testdir({ '.build': { fast: {} } })
  const { status, stdout } = spawnSync(process.execPath, [suite, 'fast'], { cwd, encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stdout, /^# \{ total: 0 \}$/m)
})
