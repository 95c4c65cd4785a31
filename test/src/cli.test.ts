import t from 'tap'
import { Command } from 'commander'
import { createIo } from '../../src/cli/io/io.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { packageVersion } from '../../src/lib/files/package-info.ts'
import { faultKinds } from '../../src/simulator/fault-kinds.ts'
import { runCli } from '../helper/run-cli.ts'
import { runSpawnedCli } from '../helper/spawn-cli.ts'

/** Every command there is, as it is typed: `connect cursor`. */
function allCommands(): string[] {
  const io = createIo({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    cwd: '/',
    callName: () => 'scale-bridge',
    untilStopped: () => Promise.reject(new Error('not here')),
    catchInterrupt: () => ({ signal: AbortSignal.abort(), release: () => undefined })
  })
  const below = (command: Command, path: string): string[] =>
    command.commands.flatMap((each) => {
      const name = `${path} ${each.name()}`.trim()
      return [name, ...below(each, name)]
    })
  return below(
    buildProgram(io, () => undefined),
    ''
  )
}

const commands = allCommands()

/** Those that only group others, or have nothing to show an example of. */
const withoutExample = new Set(['version'])

t.test('as a process, and in one', async (t) => {
  const cwd = t.testdir()
  for (const run of [runSpawnedCli, runCli])
    t.match(await run(t, ['--version'], { cwd }), { code: 0, stdout: `${packageVersion}\n` })
  for (const run of [runSpawnedCli, runCli]) {
    const { code, stdout, stderr } = await run(t, ['serv'], { cwd })
    t.match({ code, stdout }, { code: 2, stdout: '' })
    t.match(stderr, /unknown command 'serv'/)
  }
})

t.test('the version, however it is asked for', async (t) => {
  const cwd = t.testdir()
  for (const word of ['--version', '-v', '-V', 'version'])
    t.match(
      await runCli(t, [word], { cwd }),
      { code: 0, stdout: `${packageVersion}\n`, stderr: '' },
      word
    )
})

t.test('every command has help with examples, on 80 columns', async (t) => {
  const cwd = t.testdir()
  const overview = await runCli(t, ['--help'], { cwd })
  t.equal(overview.code, 0)
  for (const name of commands.filter((each) => !each.includes(' ')))
    t.match(overview.stdout, new RegExp(`^  ${name}\\b`, 'm'))
  for (const name of ['', ...commands]) {
    const { code, stdout, stderr } = await runCli(
      t,
      [...name.split(' '), '--help'].slice(name ? 0 : 1),
      { cwd }
    )
    t.match({ code, stderr }, { code: 0, stderr: '' }, name)
    for (const line of stdout.split('\n')) t.ok(line.length <= 80, `${name}: ${line}`)
    if (!withoutExample.has(name))
      t.match(stdout, new RegExp(`Examples:\n(.*\n)*.*scale-bridge ${name}`), name)
    const same = await runCli(t, ['help', ...name.split(' ')].slice(0, name ? undefined : 1), {
      cwd
    })
    t.match(same, { code: 0, stdout, stderr: '' }, `help ${name}`)
  }
})

t.test('help of help, and of what is not there', async (t) => {
  const cwd = t.testdir()
  t.match(await runCli(t, ['help', '--help'], { cwd }), {
    code: 0,
    stdout: /^Usage: scale-bridge help/
  })
  t.match(await runCli(t, ['help', 'conect'], { cwd }), { code: 2, stderr: /Did you mean connect/ })
  t.match(await runCli(t, ['help', 'connect', 'cursr'], { cwd }), {
    code: 2,
    stderr: /Did you mean cursor/
  })
  const demo = await runCli(t, ['help', 'demo'], { cwd })
  for (const kind of faultKinds) t.match(demo.stdout, kind)
})

t.test('commands are shown as they are called', async (t) => {
  const cwd = t.testdir()
  const callName = 'node dist/cli.js'
  const help = await runCli(t, ['pin', '--help'], { cwd, callName })
  t.match(help.stdout, /^Usage: node dist\/cli\.js pin /)
  t.match(help.stdout, /^ {2}node dist\/cli\.js pin 10\.20\.0\.13 --write$/m)
  for (const args of [
    ['pin'],
    ['connect', 'claude'],
    ['serve'],
    ['schema', 'import', 'x'],
    ['demo', '--help']
  ]) {
    const { screen } = await runCli(t, args, { cwd, callName, env: { SCALE_TLS: 'pin' } })
    t.notMatch(screen, /(`|^ *)scale-bridge [a-z]/m, args.join(' '))
  }
  t.match((await runCli(t, ['pin'], { cwd, callName })).stderr, /`node dist\/cli\.js pin 10/)
})

t.test('the error for an unknown name suggests the nearest one', async (t) => {
  const cwd = t.testdir()
  const cases: [string[], RegExp][] = [
    [['serv'], /unknown command 'serv'\n\(Did you mean serve\?\)/],
    [['demo', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['demo', 'extra'], /too many arguments/],
    [['demo', '--port', 'abc'], /--port.*whole number/],
    [['demo', '--port', '70000'], /--port.*0 to 65535/],
    [['demo', '--vms', '1.5'], /--vms.*whole number/],
    [['demo', '--speed', '0'], /--speed.*from 0\.01/],
    [['demo', '--version', '9.5'], /9\.4\.30\.217736, 9\.6\.19\.223352/],
    [['simulator', '--expired-session', '400'], /401, 503/],
    [['simulator', '--sessions', 'none'], /per-node, shared/],
    [['simulator', '--fault', 'slwo'], /--fault slwo: kind must be one of .*slow/],
    [['simulator', '--fault', 'slow,node=3'], /node must be .*0 to 2/],
    [['init', '--password', 'x', '--password-stdin'], /cannot be used with/]
  ]
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { code, stdout, stderr } = await runCli(t, args, { cwd })
      t.equal(code, 2, args.join(' '))
      t.equal(stdout, '', args.join(' '))
      t.match(stderr, message, args.join(' '))
      t.notMatch(stderr, /\n {4}at /, 'no stack')
    })
  )
})

t.test('without a command there is help, and no success', async (t) => {
  const { code, stderr } = await runCli(t, [], { cwd: t.testdir() })
  t.equal(code, 2)
  t.match(stderr, /Usage: scale-bridge/)
})
