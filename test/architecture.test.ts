import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tools } from '../routes/index.ts'
import type { ErrorCode } from '../src/lib/errors/errors.ts'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { files, type Import, imports, sources } from './helper/source-files.ts'

/**
 * Rooms from the ground up: a file may import its own room and those on lower floors, types
 * included. Rooms side by side do not know each other.
 */
const floors: readonly (readonly string[])[] = [
  ['src/lib'],
  ['src/identity', 'src/store', 'src/pages'],
  ['src/config'],
  ['src/hypercore', 'src/catalog', 'src/directory'],
  ['src/ask', 'src/ledger', 'src/policy', 'src/replicas'],
  ['src/audit', 'src/approvals', 'src/metrics', 'src/traces'],
  ['src/views'],
  ['src/tools'],
  ['src/openwebui', 'src/console', 'src/twin'],
  ['src/mcp', 'routes'],
  ['plugins'],
  ['the bridge'],
  ['src/model-bench'],
  ['src/cli', 'openapi'],
  ['mcpb']
]

/** What puts the bridge together, and nothing else, lies loose in src/. */
const loose: Readonly<Record<string, string>> = {
  'src/app.ts': 'the bridge',
  'src/server.ts': 'the bridge',
  'src/cli.ts': 'src/cli',
  'src/launch.ts': 'src/cli'
}

/** Stands beside the house: a cluster to try it on. */
const simulator = 'src/simulator'

/** The room of a file: `src/lib` of src/lib/errors/errors.ts, `routes` of routes/vm.ts. */
function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/')
  return loose[file] ?? (top === 'src' ? `${top}/${room}` : top)
}

const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room))

const isIn = (file: string, ...rooms: string[]): boolean => rooms.includes(roomOf(file))

/** The imports that match, as text. */
const those = (match: (each: Import) => boolean): string[] =>
  imports.filter(match).map(({ file, target }) => `${file} -> ${target}`)

/** Imports of our own modules; a document such as package.json is none. */
const ownModules = imports.filter(({ own, target }) => own && target.endsWith('.ts'))

t.test('all imports are seen', async (t) => {
  t.ok(files.length > 250, 'there are files to look at')
  t.ok(imports.length > 1000, 'and imports')
  t.same(
    ownModules.filter(({ target }) => !sources.has(target)).map(({ target }) => target),
    [],
    'every file that is imported is there'
  )
  // However it is written: an import that the pattern overlooks would be above the rules.
  const overlooked = [...sources].flatMap(([file, text]) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
    const written = [...code.matchAll(/(?:from|import|import\()\s*['"](\.[^'"]+)['"]/g)]
    const seen = imports.filter((each) => each.file === file && each.own).length
    return written.length === seen ? [] : [`${file}: ${written.length} imports, ${seen} seen`]
  })
  t.same(overlooked, [])
})

t.test('every file is in a room that has its floor', async (t) => {
  t.same(
    [...new Set(files.map(roomOf))].filter((room) => floorOf(room) === -1 && room !== simulator),
    [],
    'a new room gets its place in the floors of test/architecture.test.ts'
  )
  t.same(
    files.filter((file) => /^src\/[^/]+$/.test(file)).toSorted(),
    Object.keys(loose).toSorted(),
    'nothing lies loose in src/ but the composition root'
  )
})

t.test('imports run one way, down', async (t) => {
  const up = ownModules.filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)]
    if (from === to || from === simulator || to === simulator) return false
    return floorOf(to) >= floorOf(from)
  })
  t.same(
    up.map(({ file, target }) => `${file} -> ${target}`),
    []
  )
})

t.test('lib stands on nothing of ours', async (t) => {
  t.same(
    those(({ file, own, target }) => isIn(file, 'src/lib') && own && !isIn(target, 'src/lib')),
    []
  )
})

t.test('nothing knows the tests', async (t) => {
  t.same(
    those(({ target }) => target.startsWith('test/')),
    []
  )
})

t.test('the client of the cluster is closed', async (t) => {
  t.same(
    those(
      ({ file, own, target }) =>
        isIn(file, 'src/hypercore') &&
        own &&
        !isIn(target, 'src/hypercore', 'src/identity', 'src/lib')
    ),
    [],
    'it knows no catalog, no tools, no words for people'
  )
  // A plan is also what waits for a person.
  const called = tools.map(({ name }) => name).filter((name) => name !== 'plan')
  const names = new RegExp(`\\b(?:${called.join('|')})\\b`)
  const closed = files.filter((file) =>
    isIn(file, 'src/lib', 'src/hypercore', 'src/directory', 'src/ask', 'src/openwebui')
  )
  t.same(
    closed.flatMap((file) => {
      const [name] = names.exec(sources.get(file) ?? '') ?? []
      return name === undefined ? [] : [`${file}: ${name}`]
    }),
    [],
    'which tool to call next is said in src/tools'
  )
})

/** What a tool refuses: the client tells what it found, and a tool what follows from it. */
const refusedByTools: readonly ErrorCode[] = [
  'ILLEGAL_STATE',
  'AMBIGUOUS_NAME',
  'NOT_FOUND',
  'VM_BUSY',
  'UPDATE_IN_PROGRESS'
]

t.test('the client of the cluster refuses nothing in place of a tool', async (t) => {
  const refused = new RegExp(`'(?:${refusedByTools.join('|')})'`)
  t.same(
    files.filter((file) => isIn(file, 'src/hypercore') && refused.test(sources.get(file) ?? '')),
    []
  )
})

t.test('the simulator shares types with the client, but no code and no mistakes', async (t) => {
  t.same(
    those(
      ({ file, own, target, typeOnly }) =>
        isIn(file, simulator) &&
        own &&
        !isIn(target, simulator, 'src/lib', 'src/catalog') &&
        !(isIn(target, 'src/hypercore') && typeOnly)
    ),
    []
  )
  t.same(
    those(
      ({ file, target }) =>
        isIn(target, simulator) && !isIn(file, simulator, 'src/cli', 'src/twin', 'src/model-bench')
    ),
    [],
    'and the bridge does not know that clusters can be simulated, but for the copies that plans are tried on, and the benchmark of models beside it'
  )
})

/** @fastify/error makes errors, with no framework behind it. */
const isFramework = (name: string): boolean =>
  /^(@fastify\/|fastify(-|$))/.test(name) && name !== '@fastify/error'

t.test('tools and what is below them know no web framework', async (t) => {
  // These are plugins: they register tools, and routes that are not tools, with Fastify.
  const mayKnow = (file: string): boolean =>
    isIn(file, 'plugins', 'the bridge', 'openapi') ||
    ['index', 'health', 'metrics', 'approvals', 'console', 'upload-file'].some(
      (name) => file === `routes/${name}.ts`
    )
  t.same(
    those(({ file, target }) => isFramework(target) && !mayKnow(file)),
    []
  )
})

/** The ways that lead from a file back to itself, each once. */
function circles(edges: readonly Import[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { file, target } of edges) targets.set(file, [...(targets.get(file) ?? []), target])
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, way: string[]): void => {
    const start = way.indexOf(file)
    if (start !== -1) found.push([...way.slice(start), file].join(' -> '))
    if (start !== -1 || done.has(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...way, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  return found
}

t.test('no module imports itself through others, types included', async (t) => {
  t.same(circles(ownModules), [])
  const [first] = ownModules
  if (first === undefined) return
  const back = { ...first, file: first.target, target: first.file }
  t.equal(circles([first, back]).length, 1, 'and one would be seen')
})

/** Where the program meets its process; the first hands it to everything else. */
const mayUseProcess = new Set(['src/cli.ts', 'src/cli/io/process-lifetime.ts'])

t.test('the process is known at the edge alone', async (t) => {
  const uses = /\bprocess\.(?:env|stdin|stdout|stderr|cwd|argv|exit|exitCode)\b/
  const inside = files.filter(
    (file) =>
      /^(src|plugins|routes)\//.test(file) &&
      !mayUseProcess.has(file) &&
      uses.test(readFileSync(join(packageRoot, file), 'utf8'))
  )
  t.same(inside, [])
})

t.test('files are short enough to be read', async (t) => {
  const long = [...sources]
    .map(([file, text]): [string, number] => [file, text.split('\n').length - 1])
    .filter(([, lines]) => lines >= 350)
  t.same(long, [])
})

/** `@scope/name` of `@scope/name/part`. */
const packageName = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

const packages = (match: (file: string) => boolean): string[] =>
  imports
    .filter(({ file, target, own }) => match(file) && !own && !target.startsWith('node:'))
    .map(({ target }) => packageName(target))

t.test('what is imported is in package.json', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(packageRoot, 'package.json'), 'utf8')
  ) as Partial<Record<'dependencies' | 'devDependencies', Record<string, string>>>
  t.equal(dependencies, undefined, 'nothing is installed with it: the bundle in dist holds all')
  t.same(
    packages(() => true).filter((name) => !Object.hasOwn(devDependencies ?? {}, name)),
    []
  )
})
