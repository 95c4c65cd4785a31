import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/lib/files/package-info.ts'

const folder = join(packageRoot, 'plugins')
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))

/** What fastify-plugin leaves on a function. */
interface PluginMeta {
  name?: string
  fastify?: string
  dependencies?: string[]
}

const metaOf = (plugin: unknown): PluginMeta | undefined =>
  (plugin as Record<symbol, PluginMeta | undefined>)[Symbol.for('plugin-meta')]

const isShared = (plugin: unknown): boolean =>
  (plugin as Record<symbol, unknown>)[Symbol.for('skip-override')] === true

const load = (file: string): Promise<Record<string, unknown>> =>
  import(`../../plugins/${basename(file, '.ts')}.ts`) as Promise<Record<string, unknown>>

/** The names that the file adds to Fastify's instance, request and reply. */
function decoratorsOf(source: string): string[] {
  const [, block = ''] = /declare module 'fastify' \{\n([\s\S]*?)\n\}\n/.exec(source) ?? []
  return [...block.matchAll(/interface Fastify(?:Instance|Request|Reply) \{([\s\S]*?)\n {2}\}/g)]
    .flatMap(([, body = '']) => [...body.matchAll(/^ {4}(?:readonly )?(\w+)[(:?]/gm)])
    .map(([, name = '']) => name)
}

const receivers = '(?:app|scope|this|request|reply|request\\.server)'

/** Whether the source reads a property of an instance, a request or a reply, also by destructuring. */
function reads(source: string, name: string): boolean {
  const code = source
    .replace(/declare module 'fastify' \{\n[\s\S]*?\n\}\n/, '')
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return (
    new RegExp(`\\b${receivers}\\.${name}\\b`).test(code) ||
    new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\} = ${receivers}\\b`).test(code)
  )
}

const sources = new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
const owners = new Map(
  [...sources].flatMap(([file, source]) =>
    decoratorsOf(source).map((name) => [name, basename(file, '.ts')] as const)
  )
)

t.test(
  'plugins/ holds Fastify plugins, each under the name of its file, and nothing else',
  async (t) => {
    for (const file of files) {
      const exported = Object.entries(await load(file))
      t.equal(exported.length, 1, `${file} exports one thing`)
      const [[name, plugin] = []] = exported
      const words = basename(file, '.ts').split('-')
      const camel = words.map((word, at) =>
        at === 0 ? word : word[0]?.toUpperCase() + word.slice(1)
      )
      t.equal(name, `${camel.join('')}Plugin`)
      t.ok(isShared(plugin), `${file} is shared by the whole application`)
      t.match(metaOf(plugin), { name: basename(file, '.ts'), fastify: '5.x' })
    }
  }
)

t.test('a plugin depends on every plugin whose decorators it reads', async (t) => {
  let uses = 0
  for (const [file, source] of sources) {
    const own = basename(file, '.ts')
    const read = [...owners].filter(([name, owner]) => owner !== own && reads(source, name))
    uses += read.length
    const needed = new Set(read.map(([, owner]) => owner))
    const [plugin] = Object.values(await load(file))
    t.same(new Set(metaOf(plugin)?.dependencies ?? []), needed, file)
  }
  t.ok(owners.size > 10 && uses > 10, 'decorators and their uses are found')
})

t.test('plugins know each other by decorators only', async (t) => {
  for (const [file, source] of sources) {
    const imported = [...source.matchAll(/(?:from |import\()'(\.\/[^']+)'/g)].map(
      ([, name]) => name
    )
    // Loaded when they are needed, for instances of their own.
    const lazy = file === 'openapi.ts' ? ['./documentation.ts', './docs-page.ts'] : []
    t.same(imported, lazy, file)
  }
})
