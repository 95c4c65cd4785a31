import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settings } from '../src/config/config.ts'
import { type ErrorCode, errorStatus } from '../src/lib/errors.ts'
import { packageRoot } from '../src/lib/package-info.ts'
import { faultKinds } from '../src/simulator/fault-kinds.ts'
import { startTestBridge } from './helper/bridge.ts'
import { cliPath } from './helper/run-cli.ts'
import { missingPrograms, run } from './helper/shell.ts'

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8')

/** The text under a heading of the second level. */
function section(title: string): string {
  const start = readme.indexOf(`\n## ${title}\n`)
  if (start === -1) throw new Error(`README.md has no section "${title}"`)
  const end = readme.indexOf('\n## ', start + 1)
  return readme.slice(start, end === -1 ? undefined : end)
}

/** The cells of the tables in a text, without their headings. */
const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
    )

const codeWords = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? '')

t.test('the table of settings has every setting, with its default and a meaning', async (t) => {
  const table = rows(section('Settings'))
  t.same(
    table.map(([name]) => name),
    Object.values(settings).map(({ name }) => `\`${name}\``),
    'the same settings in the same order'
  )
  for (const [i, { name, fallback }] of Object.values(settings).entries()) {
    const [, shown = '', meaning = ''] = table[i] ?? []
    if (fallback) t.equal(shown, `\`${fallback}\``, `default of ${name}`)
    else t.ok(shown, `${name} says what holds without it`)
    t.ok(meaning.length > 5, `meaning of ${name}`)
  }
})

t.test('the table of tools has every tool and no other', async (t) => {
  const { app } = await startTestBridge(t)
  const named = rows(section('Tools')).map(([name = '']) => name.replaceAll('`', ''))
  t.same(named.toSorted(), [...app.tools.keys()].toSorted())
})

t.test('the table of faults has every kind', async (t) => {
  const table = rows(section('The simulator').slice(section('The simulator').indexOf('| fault')))
  t.same(table.flatMap(([kinds = '']) => codeWords(kinds)).toSorted(), faultKinds.toSorted())
})

/** `--port`, `--vms`, … */
const options = (text: string): Set<string> => new Set(text.match(/--[a-z][a-z-]+/g))

const help = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [cliPath, ...args, '--help'])).stdout

t.test('commands and options are those of the command line', async (t) => {
  const commands = await help()
  for (const [, name = ''] of readme.matchAll(/(?:npx |`)scale-bridge ([a-z]+)/g))
    t.match(commands, new RegExp(`^ +${name} `, 'm'), `scale-bridge ${name}`)
  const table = rows(section('The simulator')).map(([option = '']) => option)
  const named = options(table.join(' '))
  const [, known = ''] = (await help('simulator')).split('Options:')
  t.same(named, options(known.split('-h, --help')[0] ?? ''))
})

t.test('errors have the status that is named', async (t) => {
  const named = [...section('Troubleshooting').matchAll(/`(\d{3}) ([A-Z_]+)`/g)]
  t.ok(named.length > 8)
  for (const [, status, code = ''] of named)
    t.equal(errorStatus[code as ErrorCode], Number(status), code)
})

t.test('files, scripts and sections that are named exist', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, name = ''] of readme.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
    t.ok(scripts[name], `npm run ${name}`)
  for (const [, path = ''] of readme.matchAll(/\]\((?!http|#)([^)]+)\)/g))
    t.ok(existsSync(join(packageRoot, path)), `link to ${path}`)
  const headings = [...readme.matchAll(/^##+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-')
  )
  for (const [, anchor = ''] of readme.matchAll(/\]\(#([^)]+)\)/g))
    t.ok(headings.includes(anchor), `section ${anchor}`)
  const named = rows(section('Scripts')).map(([script = '']) => codeWords(script)[0]?.split(' ')[0])
  const present = readdirSync(join(packageRoot, 'examples'))
    .filter((name) => name.endsWith('.sh') && name !== 'lib.sh')
    .map((name) => `examples/${name}`)
  t.same(new Set(named), new Set(present), 'every example is named')
})

/** Fenced shell blocks that call curl, in the order they are to be pasted. */
const curlBlocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .map(([, block = '']) => block)
  .filter((block) => block.includes('curl -s'))

/** Reports the status of each call, and leaves the answer alone. */
const wrapper = `
set -u
curl() { command curl --max-time 60 --write-out '%{stderr}<status %{http_code}>' "$@"; }
`

t.test(
  'every curl line works when it is pasted',
  { skip: missingPrograms('bash', 'curl') },
  async (t) => {
    // Its nodes say where they listen, as those of `npm run demo` do.
    const simulated = { simulator: { advertise: [] } }
    const { url, token, simulator } = await startTestBridge(t, simulated)
    const script = curlBlocks
      .join('\n')
      .replaceAll('http://127.0.0.1:5075', url)
      .replaceAll('https://127.0.0.1:8443', simulator.urls[0] ?? '')
    const calls = [...script.matchAll(/curl -s/g)].map(({ index }) => {
      const [line = ''] = script.slice(index).split(/(?<!\\)\n/)
      return { line, status: /# answers (\d+)/.exec(line)?.[1] ?? '200' }
    })
    t.ok(calls.length > 35, 'there are calls of every kind')

    const { exitCode, stdout, stderr } = await run('bash', [], {
      input: wrapper + script,
      env: { MCP_BEARER_TOKEN: token }
    })
    const statuses = [...stderr.matchAll(/<status (\d+)>/g)].map(([, status]) => status)
    t.equal(statuses.length, calls.length, 'every call was made')
    for (const [i, { line, status }] of calls.entries()) t.equal(statuses[i], status, line)
    t.equal(exitCode, 0)
    t.equal(stderr.replaceAll(/<status \d+>/g, ''), '', 'nothing is complained of')
    t.notMatch(stdout, /"createdUUID":"[^"]*","state":"(ERROR|UNKNOWN)"/, 'no write failed')
    t.match(stdout, /app-01 is [0-9a-f-]{36}\n/, 'the uuid was found')

    const names = [...simulator.world.state.virDomains.values()].map(({ name }) => name)
    t.ok(names.includes('app-01-try'), 'the clone is there')
    t.ok(names.includes('app-01-back'), 'the import is there')
    t.notOk(names.includes('try-01'), 'what was deleted is gone')
    t.same(simulator.faults.list(), [], 'the faults are off again')
  }
)
