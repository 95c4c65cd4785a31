import t from 'tap'
import { packageVersion } from '../../src/lib/package-info.ts'
import { runCli } from '../helper/run-cli.ts'

const commands = [
  'serve',
  'demo',
  'mcp',
  'init',
  'check',
  'pin',
  'search',
  'ask',
  'connect',
  'simulator'
]

t.test('--version is the package', async (t) => {
  const { code, stdout } = await runCli(t, ['--version'], { cwd: t.testdir() })
  t.equal(code, 0)
  t.equal(stdout, `${packageVersion}\n`)
})

t.test('every command has help with examples', async (t) => {
  const cwd = t.testdir()
  const overview = await runCli(t, ['--help'], { cwd })
  t.equal(overview.code, 0)
  for (const command of commands) t.match(overview.stdout, new RegExp(`^  ${command}\\b`, 'm'))
  const helps = await Promise.all(
    commands.map((command) => runCli(t, [command, '--help'], { cwd }))
  )
  for (const [i, { code, stdout, stderr }] of helps.entries()) {
    const command = commands[i] ?? ''
    t.equal(code, 0, command)
    t.equal(stderr, '', command)
    t.match(stdout, new RegExp(`Examples:\n(.*\n)*.*scale-bridge ${command}`), command)
  }
})

t.test('what is not known is answered with the nearest name', async (t) => {
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
    [['simulator', '--sessions', 'none'], /shared, per-node/],
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
