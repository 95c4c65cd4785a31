import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { entryKinds } from '../../src/audit/entry.ts'
import { n8nFields } from '../../src/cli/connect/n8n.ts'
import { settings } from '../../src/config/config.ts'
import { approvalFloors } from '../../src/config/policy-settings.ts'
import { signatureAlgorithms } from '../../src/identity/oidc.ts'
import { scopes } from '../../src/identity/scope.ts'
import { errorStatus } from '../../src/lib/errors/errors.ts'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { imageEndings } from '../../src/tools/upload/image-kind.ts'
import type { Question } from '../eval/search-figures.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { codeRows, codeWords, readPage, section, tableRows } from '../helper/docs.ts'
import { sources } from '../helper/source-files.ts'

const settingNames = Object.values(settings).map(({ name }) => name)

/** The words in `code` that the rows of a table begin with. */
const firstWords = (text: string): string[] =>
  codeRows(text).flatMap(([first = '']) => codeWords(first))

t.test('the table of scopes has every scope', async (t) => {
  t.same(firstWords(section('docs/tokens.md', 'Scopes')), scopes)
})

t.test('the table of approvals has every choice of APPROVAL', async (t) => {
  const [head, ...named] = firstWords(readPage('docs/approvals.md').split('\n## ')[0] ?? '')
  t.equal(head, 'APPROVAL')
  t.same(named.toSorted(), approvalFloors.toSorted())
})

t.test('the table of the record has every kind of entry', async (t) => {
  t.same(firstWords(section('docs/audit.md', 'What is in it')).toSorted(), entryKinds.toSorted())
})

t.test('the attributes of a span are those that are set', async (t) => {
  const attributes = (text: string): Set<string> => new Set(text.match(/\bscale_bridge\.[a-z_]+/g))
  const code = [...sources].flatMap(([file, text]) => (file.startsWith('src/traces/') ? text : []))
  t.same(attributes(readPage('docs/monitoring.md')), attributes(code.join('\n')))
})

t.test('what the Python tool had has become settings and tools that exist', async (t) => {
  const { app } = await startTestBridge(t)
  const page = readPage('docs/migration.md')
  const names = new Set(page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g))
  t.ok(names.size > 8, `${names.size} settings`)
  for (const name of names) t.ok(settingNames.includes(name), name)
  const calls = [...page.matchAll(/`POST \/(\w+)`/g)].map(([, tool = '']) => tool)
  t.ok(calls.length > 2, `${calls.length} tools`)
  for (const tool of calls) t.ok(app.tools.has(tool), tool)
})

t.test('every script of the package is a command of the page', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const commands = codeWords(section('docs/development.md', 'Commands'))
  const named = new Set(
    commands.flatMap((command) => /^npm (?:run )?([\w:-]+)/.exec(command)?.[1] ?? [])
  )
  for (const script of Object.keys(scripts)) t.ok(named.has(script), script)
})

t.test('the numbers of questions are those of the list', async (t) => {
  const all = JSON.parse(
    readFileSync(join(packageRoot, 'test/eval/questions.json'), 'utf8')
  ) as Question[]
  const others = all.filter(({ language }) => language !== undefined).length
  const search = section('docs/api-search.md', 'Search').replaceAll('\n', ' ')
  t.match(search, ` measures it on ${all.length - others} questions in English and German`)
  t.match(search, ` on ${others} about everyday work`)
  t.match(readPage('docs/development.md'), ` its ${all.length} questions `)
})

t.test('the endings of images are those an upload accepts', async (t) => {
  const { app } = await startTestBridge(t)
  const page = readPage('docs/uploads.md')
  const [, listed = ''] = /a disk image \(([^)]+)\)/.exec(page) ?? []
  t.same(
    listed.split(', ').map((ending) => `.${ending}`),
    imageEndings.VirtualDisk
  )
  const tools = codeWords(page).flatMap((word) => /^upload[A-Z]\w+/.exec(word) ?? [])
  t.ok(tools.length > 1, `${tools.length} tools`)
  for (const tool of tools) t.ok(app.tools.has(tool), tool)
})

t.test('the page about OIDC has its settings, scopes and signatures', async (t) => {
  const page = readPage('docs/oidc.md')
  const own = (names: readonly string[]): string[] =>
    names.filter((name) => name.startsWith('OIDC_'))
  t.same(
    new Set(
      own(page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []).filter((name) => !(name in errorStatus))
    ),
    new Set(own(settingNames))
  )
  t.match(
    section('docs/oidc.md', 'Scopes'),
    scopes
      .slice(0, -1)
      .map((scope) => `\`${scope}\``)
      .join(', ')
  )
  const [, families = '', sizes = ''] =
    /publishes; (.+) with (\d+ to \d+), or EdDSA/.exec(page) ?? []
  const [from = 0, to = 0] = sizes.split(' to ').map(Number)
  const said = families
    .split(', ')
    .flatMap((family) => [from, (from + to) / 2, to].map((size) => `${family}${size}`))
  // Ed25519 is EdDSA by its newer name.
  t.same([...said, 'EdDSA', 'Ed25519'], signatureAlgorithms)
})

t.test('the fields for n8n are those that connect prints', async (t) => {
  const printed = new Map(n8nFields('http://127.0.0.1:5075/mcp', 'token'))
  const table = tableRows(readPage('docs/clients/n8n.md')).slice(1)
  t.ok(table.length > 3)
  for (const [field = '', value = ''] of table) {
    const known = printed.get(field.replaceAll('_', ''))
    if (!t.ok(known, field)) continue
    const [, first = ''] = /^[_`]([^_`]+)[_`]/.exec(value) ?? []
    t.ok(known?.startsWith(first) && first !== '', value)
  }
})

t.test('the page about curl names tools and addresses that are there', async (t) => {
  const { app } = await startTestBridge(t)
  const page = readPage('docs/clients/curl.md')
  const tools = [...page.matchAll(/\$BRIDGE\/(\w+)/g)].map(([, tool = '']) => tool)
  t.ok(tools.length > 0)
  for (const tool of tools) t.ok(app.tools.has(tool), tool)
  const paths = page.match(/(?<=5075|`)\/(?:docs|openapi\.json)\b/g) ?? []
  t.same(paths, ['/docs', '/openapi.json'])
  for (const url of paths) t.ok((await app.inject(url)).statusCode < 400, url)
})
