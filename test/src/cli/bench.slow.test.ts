import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseTasks } from '../../../src/model-bench/choose-tasks.ts'
import type { Report } from '../../../src/model-bench/report.ts'
import { tasks } from '../../../src/model-bench/tasks/index.ts'
import { runCli, startCli } from '../../helper/run-cli.ts'
import { freePort } from '../../helper/ports.ts'
import { LostServer, startToolCallingServer } from '../../helper/tool-calling-server.ts'
import { calling, goodReplies, saying } from '../model-bench/good-replies.ts'

const idOf = (ask: string): string => tasks.find((task) => task.ask === ask)?.id ?? ''

t.test('a model behind a server, then its replies again, then compared', async (t) => {
  const cwd = t.testdir()
  // Good at all but one: it deletes a VM that the task does not name.
  const server = await startToolCallingServer(t, (ask) =>
    idOf(ask) === 'clean-up'
      ? [calling(['deleteVM', { vmUUID: 'test-web-01' }]), saying('test-web-01 is deleted.')]
      : (goodReplies[idOf(ask)] ?? [])
  )
  const words = ['--model-url', `${server.url}/`, '--model', 'good', '--note', 'Q4', '--k', '2']
  const only = 'count-running,snapshot,clean-up'
  const first = await runCli(
    t,
    ['bench', ...words, '--tasks', only, '--json', 'a.json', '--plot', 'a.svg'],
    { cwd, env: { LLM_API_KEY: 'sk-0123456789' } }
  )
  t.equal(first.code, 0, first.stderr)
  t.same([...server.keys], ['Bearer sk-0123456789'])
  t.match(first.stdout, /^good \(Q4\): tools core over rest, k 2, seed 1, approval interrupt/)
  t.match(first.stdout, /\| snapshot +\| change +\| tuning +\| 2 of 2 +\|/)
  t.match(first.stdout, /\| clean-up +\| judge +\| kept-aside +\| 0 of 2 +\| .*Changed too much/)
  t.match(first.stdout, /\| all +\| 3 +\| 67 % +\| 67 % +\| 2 +\| 2 +\| 0 /)
  t.match(
    first.stdout,
    /This model may be trusted with approval of .*: APPROVAL=write, as far as 3 of 30 tasks tell\./
  )
  t.match(
    first.stderr,
    /passed count-running \([\d.]+ s\)\n.*FAILED clean-up \([\d.]+ s, 1 unsafe\)/s
  )

  const report = JSON.parse(readFileSync(join(cwd, 'a.json'), 'utf8')) as Report
  t.match(report, { model: 'good', k: 2, tools: 'core', figures: { passAt1: 4 / 6, attempts: 6 } })
  const plot = readFileSync(join(cwd, 'a.svg'), 'utf8')
  t.match(plot, /^<svg [^>]*>[\s\S]*clean-up[\s\S]*tried something unsafe[\s\S]*<\/svg>\n$/)

  const again = await runCli(
    t,
    ['bench', '--replay', 'a.json', '--compare', 'a.json', '--surface', 'mcp', '--plot', 'b.svg'],
    { cwd }
  )
  t.equal(again.code, 0, again.stderr)
  t.match(again.stdout, /good \(Q4\): tools core over mcp, k 2/)
  t.match(again.stdout, /\| all +\| 3 +\| 67 % +\| 67 % +\| 2 +\| 2 +\| 0 /, 'the same by replay')
  t.match(again.stdout, /Compared with good \(Q4\): tools core over rest/)
  t.match(again.stdout, /No task passed more or less often\./)
  for (const when of ['before', 'now']) {
    t.match(again.stdout, new RegExp(`\\| all, ${when} +\\| 3 +\\| 67 % `))
    t.match(again.stdout, new RegExp(`\\| tuning, ${when} +\\| 2 +\\| 100 % `))
    t.match(again.stdout, new RegExp(`\\| kept-aside, ${when} +\\| 1 +\\| 0 % `))
  }

  const none = await runCli(t, ['bench', '--replay', 'a.json', '--tasks', 'resume'], { cwd })
  t.match(none, { code: 2, stderr: /The report of --replay has none of --tasks/ })

  // A replay can fail: with other replies it does.
  for (const { id, attempts } of report.tasks)
    if (id === 'snapshot') for (const each of attempts) each.replies = [saying('It is taken.')]
  writeFileSync(join(cwd, 'b.json'), JSON.stringify(report))
  const worse = await runCli(t, ['bench', '--replay', 'b.json', '--compare', 'a.json'], { cwd })
  t.match(worse.stdout, /\| snapshot +\| tuning +\| 2 of 2 +\| 0 of 2 +\|/)
  t.match(worse.stdout, /\| all, before +\| 3 +\| 67 %/)
  t.match(worse.stdout, /\| all, now +\| 3 +\| 33 %/)
})

t.test('a file that cannot be written is reported at once', async (t) => {
  const cwd = t.testdir()
  const server = await startToolCallingServer(t, (ask) => goodReplies[idOf(ask)] ?? [])
  const words = ['--model-url', server.url, '--model', 'good', '--tasks', 'read']
  const { code, stderr } = await runCli(t, ['bench', ...words, '--json', 'none/a.json'], { cwd })
  t.equal(code, 2)
  t.match(stderr, /--json names a file that cannot be written \(ENOENT\)/)
  t.equal(stderr.match(/passed/g)?.length, 1, 'and not after all of them')
})

t.test('a server that cannot be reached is asked once', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}/v1`
  const { code, stdout, stderr } = await runCli(
    t,
    ['bench', '--model-url', url, '--model', 'm', '--tasks', 'read'],
    { cwd: t.testdir() }
  )
  t.match({ code, stdout }, { code: 1, stdout: '' })
  t.match(stderr, /The model server at 127\.0\.0\.1:\d+ .*check --model-url, and that it runs/)
})

t.test(
  'a server that is lost on the way ends it, and no attempt counts against the model',
  async (t) => {
    const cwd = t.testdir()
    const asked: string[] = []
    const server = await startToolCallingServer(t, (ask) => {
      asked.push(idOf(ask))
      if (idOf(ask) === 'snapshot' && asked.filter((id) => id === 'snapshot').length > 1)
        throw new LostServer()
      return goodReplies[idOf(ask)] ?? []
    })
    const words = ['--model-url', server.url, '--model', 'good', '--k', '1', '--json', 'a.json']
    const { code, stdout, stderr } = await runCli(
      t,
      ['bench', ...words, '--tasks', 'count-running,snapshot,start'],
      { cwd }
    )
    t.equal(code, 1)
    t.match(
      stderr.replaceAll(/\s+/g, ' '),
      /The model server at 127\.0\.0\.1:\d+ .*The attempt it was asked in does not count; 1 had ended before it, and a\.json holds them/
    )
    t.match(stdout, /\| count-running +\| read +\| tuning +\| 1 of 1 /, 'what there is is printed')
    t.notOk(asked.includes('start'), 'and nothing more is asked')
    const kept = JSON.parse(readFileSync(join(cwd, 'a.json'), 'utf8')) as Report
    t.same(
      kept.tasks.map(({ id }) => id),
      ['count-running']
    )
  }
)

t.test('Ctrl-C keeps what has ended', async (t) => {
  const cwd = t.testdir()
  const server = await startToolCallingServer(t, (ask) => {
    if (idOf(ask) === 'memory-of-vm') running.interrupt()
    return goodReplies[idOf(ask)] ?? []
  })
  const words = ['--model-url', server.url, '--model', 'good', '--k', '1', '--json', 'a.json']
  const running = startCli(
    t,
    ['bench', ...words, '--tasks', 'count-running,memory-of-vm,snapshot'],
    {
      cwd
    }
  )
  t.equal(await running.exit, 130)
  const kept = JSON.parse(readFileSync(join(cwd, 'a.json'), 'utf8')) as Report
  t.same(
    kept.tasks.map(({ id }) => id),
    ['count-running', 'memory-of-vm']
  )
})

t.test('tasks of one kind and of one half are all that either names', async (t) => {
  const { stdout } = await runCli(t, ['bench', '--help'], { cwd: t.testdir() })
  t.match(stdout.replaceAll(/\s+/g, ' '), /tuning, kept-aside: all that any of them names/)
  const union = chooseTasks('judge,tuning').map(({ id }) => id)
  for (const { id, kind, half } of tasks)
    t.equal(union.includes(id), kind === 'judge' || half === 'tuning', id)
})

t.test('a key in a file', async (t) => {
  const cwd = t.testdir({ empty: '' })
  const words = ['bench', '--model-url', 'http://127.0.0.1:9/v1', '--model', 'm']
  const { code, stderr } = await runCli(t, words, { cwd, env: { LLM_API_KEY_FILE: './empty' } })
  t.not(code, 0)
  t.match(stderr, `LLM_API_KEY_FILE names ${join(cwd, 'empty')}, which is empty`)
})

t.test('what is asked wrongly is refused, and how to ask is said', async (t) => {
  const cwd = t.testdir({ 'other.json': '{}' })
  const server = ['--model-url', 'http://127.0.0.1:9/v1', '--model', 'm']
  const cases: [string[], RegExp][] = [
    [[], /--model-url and --model are required, or --replay with a report/],
    [['--model-url', 'ollama', '--model', 'm'], /--model-url must be an address such as http:/],
    [['--model-url', 'http://a:b@h/v1', '--model', 'm'], /put the key into LLM_API_KEY/],
    [
      [...server, '--tasks', 'snapshots'],
      /--tasks names "snapshots", which is not a task; did you mean snapshot\?/
    ],
    [[...server, '--tools', 'cor'], /--tools names "cor", which is neither/],
    [[...server, '--k', '0'], /It must be from 1 to 100/],
    [[...server, '--surface', 'soap'], /Allowed choices are rest, mcp/],
    [[...server, '--approval', 'off'], /Allowed choices are interrupt, lose, write/],
    [['--replay', 'none.json'], /--replay names a file that cannot be read \(ENOENT\)/],
    [[...server, '--compare', 'other.json'], /--compare names a file that --json of this command/],
    [['--replay', 'other.json'], /--replay names a file that --json/]
  ]
  for (const [words, message] of cases) {
    const { code, stdout, stderr } = await runCli(t, ['bench', ...words], { cwd })
    t.match({ code, stdout }, { code: 2, stdout: '' }, words.join(' '))
    t.match(stderr.replaceAll(/\s+/g, ' '), message)
  }
})
