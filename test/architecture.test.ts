import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import t from 'tap'
import { packageRoot } from '../src/lib/package-info.ts'

const folders = ['src', 'plugins', 'routes', 'openapi', 'mcpb']

const files = folders.flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)))
)

interface Import {
  /** A file of ours from the root (`src/errors.ts`), or the name of a package. */
  target: string
  own: boolean
  /** Gone at run time. */
  typeOnly: boolean
}

const importPattern =
  /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

function importsOf(file: string): Import[] {
  const text = readFileSync(join(packageRoot, file), 'utf8')
  return [...text.matchAll(importPattern)].map(([, type, fixed, dynamic]) => {
    const name = fixed ?? dynamic ?? ''
    const own = name.startsWith('.')
    return {
      target: own ? normalize(join(dirname(file), name)) : name,
      own,
      typeOnly: type !== undefined
    }
  })
}

const graph = new Map(files.map((file) => [file, importsOf(file)]))

interface Edge extends Import {
  file: string
}

const edges: Edge[] = [...graph].flatMap(([file, imports]) =>
  imports.map((each) => ({ file, ...each }))
)

/** The imports among those given that match, as text. */
const those = (among: Edge[], match: (edge: Edge) => boolean): string[] =>
  among.filter(match).map(({ file, target }) => `${file} -> ${target}`)

/** Right in src/, and may look up. */
const compositionRoot = new Set(['src/app.ts', 'src/server.ts', 'src/cli.ts'])

/** The commands are the composition root's too: `serve` and `demo` start the bridge. */
const isCommand = (file: string): boolean => file.startsWith('src/cli/')

const isRoot = (file: string): boolean => compositionRoot.has(file) || isCommand(file)

const isCore = (file: string): boolean => file.startsWith('src/') && !isRoot(file)

const isSimulator = (file: string): boolean => file.startsWith('src/simulator/')

/** @fastify/error makes errors, with no framework behind it. */
const isFramework = (name: string): boolean =>
  /^(@fastify\/|fastify(-|$))/.test(name) && name !== '@fastify/error'

t.test('the imports of all files are understood', async (t) => {
  t.ok(files.length > 100, 'there are files to look at')
  t.ok(edges.length > 500, 'and imports')
  const unknown = those(
    edges,
    ({ own, target }) => own && target.endsWith('.ts') && !graph.has(target)
  )
  t.same(unknown, [], 'every file that is imported is there')
})

t.test('imports point one way: routes, plugins, src', async (t) => {
  const from = (folder: string): Edge[] => edges.filter(({ file }) => file.startsWith(`${folder}/`))
  const core = edges.filter(({ file }) => isCore(file))
  t.same(
    those(core, ({ target }) => !target.startsWith('src/') && graph.has(target)),
    [],
    'the core'
  )
  t.same(
    those(core, ({ target }) => isRoot(target)),
    [],
    'nothing in the core looks up'
  )
  const commands = edges.filter(({ file }) => isCommand(file))
  t.same(
    those(commands, ({ target }) => /^(plugins|routes)\//.test(target)),
    [],
    'the commands'
  )
  t.same(
    those(from('plugins'), ({ target }) => /^(routes|openapi|mcpb)\//.test(target)),
    [],
    'plugins'
  )
  t.same(
    those(from('plugins'), ({ target }) => isRoot(target)),
    [],
    'plugins know no commands'
  )
  t.same(
    those(from('routes'), ({ target }) => /^(openapi|mcpb)\//.test(target)),
    [],
    'routes'
  )
  t.same(
    those(from('openapi'), ({ target }) => target.startsWith('mcpb/')),
    [],
    'the documents know no bundle'
  )
  t.same(
    those(from('routes'), ({ target }) => isRoot(target)),
    [],
    'routes know no commands'
  )
  t.same(
    those(edges, ({ target }) => target.startsWith('test/')),
    [],
    'nothing knows the tests'
  )
})

t.test('the core knows no web framework', async (t) => {
  t.same(
    those(edges, ({ file, target }) => isCore(file) && isFramework(target)),
    []
  )
})

/** `demo` and `simulator` start one, and the command line names their options. */
const mayKnowSimulator = (file: string): boolean =>
  isSimulator(file) || isCommand(file) || file === 'src/cli.ts'

const sharesCode = ({ target, typeOnly }: Edge): boolean =>
  /^src\/(hypercore|tools)\//.test(target) && !typeOnly

t.test('the bridge does not know that clusters can be simulated', async (t) => {
  t.same(
    those(edges, ({ file, target }) => isSimulator(target) && !mayKnowSimulator(file)),
    []
  )
  t.same(
    those(edges, (edge) => isSimulator(edge.file) && sharesCode(edge)),
    [],
    'it shares types with the client, but no code and no mistakes'
  )
})

t.test('there are no cycles at run time', async (t) => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    const start = path.indexOf(file)
    if (start !== -1) cycles.push([...path.slice(start), file].join(' -> '))
    if (start !== -1 || done.has(file)) return
    for (const { target, own, typeOnly } of graph.get(file) ?? [])
      if (own && !typeOnly) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  t.same(cycles, [])
})

t.test('files are short enough to be read', async (t) => {
  const long = files
    .map((file) => [file, readFileSync(join(packageRoot, file), 'utf8').split('\n').length - 1])
    .filter(([, lines]) => Number(lines) >= 350)
  t.same(long, [])
})

/** `@scope/name` of `@scope/name/part`. */
const packageName = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

const packages = (among: Edge[]): string[] =>
  among
    .filter(({ target, own }) => !own && !target.startsWith('node:'))
    .map(({ target }) => packageName(target))

const isPacking = ({ file }: Edge): boolean => file.startsWith('mcpb/')

t.test('what is imported is in package.json', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8')
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
  const used = new Set(packages(edges.filter((edge) => !isPacking(edge))))
  t.same(used, new Set(Object.keys(dependencies)), 'all of them, and no others')
  const known = { ...dependencies, ...devDependencies }
  const packing = packages(edges.filter(isPacking))
  t.same(
    packing.filter((name) => !Object.hasOwn(known, name)),
    [],
    'the bundle is packed before it is delivered'
  )
})
