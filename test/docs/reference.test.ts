import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { settings } from '../../src/config/config.ts'
import { type ErrorCode, errorStatus } from '../../src/lib/errors/errors.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { faultKinds } from '../../src/simulator/fault-kinds.ts'
import { scenarioNames } from '../../src/simulator/inventory/scenarios.ts'
import { toolSets } from '../../src/tools/tool-sets.ts'
import { startTestBridge } from '../helper/bridge.ts'
import {
  codeRows,
  codeWords,
  docPages,
  fencesIn,
  readPage,
  section,
  withoutFences
} from '../helper/docs.ts'
import { connectMcp } from '../helper/mcp-client.ts'
import { runCli } from '../helper/run-cli.ts'

t.test('the table of settings has every setting, with its default and a meaning', async (t) => {
  const table = codeRows(section('docs/settings.md', 'All settings'))
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
  const named = codeRows(readPage('docs/tools.md')).map(([name = '']) => name.replaceAll('`', ''))
  t.same(named.toSorted(), [...app.tools.keys()].toSorted())
})

t.test('the table of faults has every kind', async (t) => {
  const table = codeRows(section('docs/simulator.md', 'Faults'))
  t.same(table.flatMap(([kinds = '']) => codeWords(kinds)).toSorted(), faultKinds.toSorted())
})

t.test('every scenario is named', async (t) => {
  const named = codeWords(section('docs/simulator.md', 'Scenarios'))
  for (const name of scenarioNames) t.ok(named.includes(name), name)
})

/** `--port`, `--vms`, … */
const options = (text: string): Set<string> => new Set(text.match(/--[a-z][a-z-]+/g))

const help = async (...args: string[]): Promise<string> =>
  (await runCli(t, [...args, '--help'], { cwd: packageRoot })).stdout

/** Lines of code in all pages, with the page they are from. */
const codeLines = docPages.flatMap((page) => {
  const text = readPage(page)
  const blocks = fencesIn(text).flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
  return [...blocks, ...codeWords(withoutFences(text))].map((line) => ({ page, line }))
})

/** What the pages tell their reader to call, without what stands behind it. */
const cliCalls = codeLines.flatMap(({ page, line }) => {
  const [code = ''] = line.split(/ # |[|;&>]/)
  const call = /(?:^|\s)(?:scale-bridge|\S*dist\/cli\.js) (?!node )([a-z].*)$/.exec(code)?.[1]
  return call === undefined ? [] : [{ page, words: call.trim().split(/\s+/) }]
})

/** Names of the commands in a help text, short ones included. */
const commandsIn = (text: string): string[] =>
  [
    ...(text.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z][\w-]*)(?:\|([a-z][\w-]*))?/gm)
  ].flatMap(([, name = '', short]) => (short === undefined ? [name] : [name, short]))

t.test('commands and options that are named exist', async (t) => {
  t.ok(cliCalls.length > 40, `${cliCalls.length} calls`)
  const helps = new Map<string, string>()
  const helpOf = async (path: string[]): Promise<string> => {
    const key = path.join(' ')
    const text = helps.get(key) ?? (await help(...path))
    helps.set(key, text)
    return text
  }
  for (const { page, words } of cliCalls) {
    const path: string[] = []
    for (const word of words) {
      const commands = commandsIn(await helpOf(path))
      if (commands.length === 0 || !/^[a-z]/.test(word)) break
      if (t.ok(commands.includes(word), `${page}: ${[...path, word].join(' ')}`)) path.push(word)
      else break
    }
    const known = options(await helpOf(path))
    for (const option of options(words.join(' ')))
      t.ok(option === '--help' || known.has(option), `${page}: ${words.join(' ')}: ${option}`)
  }
})

t.test('the options of the simulator are those of its help', async (t) => {
  const table = codeRows(section('docs/simulator.md', 'Options')).map(([option = '']) => option)
  const [, known = ''] = (await help('simulator')).split('Options:')
  t.same(options(table.join(' ')), options(known.split('-h, --help')[0] ?? ''))
})

t.test('every error code is explained, with its status', async (t) => {
  const table = codeRows(section('docs/responses.md', 'Errors'))
  t.same(
    table.map(([code = '', status]) => [code.replaceAll('`', ''), Number(status)]),
    Object.entries(errorStatus)
  )
  const named = [...readPage('docs/troubleshooting.md').matchAll(/`(\d{3}) ([A-Z_]+)`/g)]
  t.ok(named.length > 8)
  for (const [, status, code = ''] of named)
    t.equal(errorStatus[code as ErrorCode], Number(status), code)
})

t.test('every set of tools is named', async (t) => {
  const named = codeRows(section('docs/small-models.md', 'Tool sets')).flatMap(([sets = '']) =>
    codeWords(sets)
  )
  for (const set of toolSets) t.ok(named.includes(set), set)
  const { app } = await startTestBridge(t)
  t.match(section('docs/small-models.md', 'Tool sets'), `${app.tools.size} tools`)
  for (const page of ['README.md', 'docs/tools.md', 'docs/small-models.md'])
    t.match(readPage(page), `${app.tools.size} tools`, page)
})

t.test('every resource and prompt of MCP is named', async (t) => {
  const bridge = await startTestBridge(t)
  const client = await connectMcp(t, bridge)
  const { resources } = await client.listResources()
  const { resourceTemplates } = await client.listResourceTemplates()
  const { prompts } = await client.listPrompts()
  const named = codeRows(section('docs/clients/mcp.md', 'Resources and prompts')).map(
    ([name = '']) => codeWords(name)[0]
  )
  for (const name of prompts.map((each) => each.name)) t.ok(named.includes(name), name)
  const uris = [
    ...resources.map(({ uri }) => uri).filter((uri) => !uri.startsWith('hypercore://schema/')),
    ...resourceTemplates.map(({ uriTemplate }) => uriTemplate)
  ]
  for (const uri of uris) t.ok(named.includes(uri), uri)
  t.equal(named.length, prompts.length + uris.length, 'and none else')
})

t.test('every example is named', async (t) => {
  const named = codeRows(readPage('docs/scripts.md')).map(
    ([script = '']) => codeWords(script)[0]?.split(' ')[0]
  )
  const present = readdirSync(join(packageRoot, 'examples'))
    .filter((name) => name.endsWith('.sh') && name !== 'lib.sh')
    .map((name) => `examples/${name}`)
  t.same(new Set(named), new Set(present))
})

const foldersOf = (path: string): string[] =>
  readdirSync(join(packageRoot, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

t.test('folders that the architecture names exist, and no other is left out', async (t) => {
  const named = codeRows(section('docs/architecture.md', 'Folders')).map(([folder = '']) =>
    folder.replaceAll('`', '').replace(/\/$/, '')
  )
  t.same(
    named.filter((path) => path.startsWith('src/')).toSorted(),
    foldersOf('src')
      .map((name) => `src/${name}`)
      .toSorted()
  )
  const notDescribed = ['docs', 'dist', 'node_modules']
  t.same(
    named.filter((path) => !path.startsWith('src/')).toSorted(),
    foldersOf('.')
      .filter((name) => !name.startsWith('.') && !notDescribed.includes(name))
      .toSorted()
  )
})
