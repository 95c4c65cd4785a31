// Builds the bridge, and bundles the tests into .build, which holds nothing else; unless both were built
// from the same sources before. The end of a file's name says what it is:
//
//   .test.ts         npm test; the files of one folder share a process, where they run one after another,
//                    and those of the small folders of test/src share one as well
//   .slow.test.ts    npm run test:slow; waits in real time, starts programs, uses large clusters, or goes
//                    through all tools one by one
//   .timing.test.ts  npm run test:slow, after the others; measures time, so nothing runs beside it
//   .check.ts        npm run conformance; needs programs of others
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { prepareTap } from './tap.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outdir = join(root, '.build')
const bridgeFolders = ['src', 'plugins', 'routes', 'openapi', 'mcpb']
const configuration = [
  'esbuild.config.mjs',
  'code-cache.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json'
]
const runner = fileURLToPath(new URL('files.mjs', import.meta.url))

const filesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .toSorted()

const kinds = /\.(?:(?:(slow|timing)\.)?test|(check))\.ts$/

/** fast, slow, timing or check; undefined where the file is not a test. */
const kindOf = (file) => {
  const match = kinds.exec(file)
  return match === null ? undefined : (match[1] ?? match[2] ?? 'fast')
}

/** A process costs half a second of start or more; a folder of `src` with fewer tests has none of its own. */
const smallFolder = 7

/** The folder that a fast test belongs to: `routes`, `src-cli`, and `all` for those of test/ itself. */
const folderOf = (file) =>
  dirname(relative('test', file)).split(sep).slice(0, 2).join('-').replace(/^\.$/, 'all')

/** More files than this of one folder are several processes, so that none outlasts all others by much. */
const largestGroup = 15

/** The files of each process, by its name. */
function groupsOf(files) {
  const count = (folder) => files.filter((file) => folderOf(file) === folder).length
  const byFolder = new Map()
  for (const file of files) {
    const folder = folderOf(file)
    const group = count(folder) < smallFolder ? folder.replace(/^src-.*/, 'src') : folder
    byFolder.set(group, [...(byFolder.get(group) ?? []), file])
  }
  const filesOf = new Map()
  for (const [group, all] of byFolder) {
    const parts = Math.ceil(all.length / largestGroup)
    const size = Math.ceil(all.length / parts)
    for (let part = 0; part < parts; part++)
      filesOf.set(
        parts === 1 ? group : `${group}-${part + 1}`,
        all.slice(part * size, (part + 1) * size)
      )
  }
  return filesOf
}

/** Runs the files as subtests of one process. */
const groupSource = (files) => `
  import { runFiles } from ${JSON.stringify(runner)}
  await runFiles({
    ${files.map((file) => `${JSON.stringify(file)}: () => import('./${file}')`).join(',\n')}
  })
`

/** Gives each file of a group its own subtest in place of the tap of the whole process. */
const groups = (filesOf) => ({
  name: 'groups',
  setup({ onResolve, onLoad }) {
    const grouped = new Set([...filesOf.values()].flat().map((file) => join(root, file)))
    onResolve({ filter: /^group:/ }, ({ path }) => ({ path, namespace: 'group' }))
    onLoad({ filter: /^/, namespace: 'group' }, ({ path }) => ({
      contents: groupSource(filesOf.get(path.slice('group:'.length))),
      resolveDir: root
    }))
    onResolve({ filter: /^tap$/ }, ({ importer }) =>
      grouped.has(importer) ? { path: relative(root, importer), namespace: 'tap' } : undefined
    )
    onLoad({ filter: /^/, namespace: 'tap' }, ({ path }) => ({
      contents: `
        import { testOf } from ${JSON.stringify(runner)}
        export default testOf(${JSON.stringify(path)})
      `,
      resolveDir: root
    }))
  }
})

const bundle = (options) =>
  build({
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
    ...options
  })

/** Every test, built again: .build/fast/GROUP.test.js, and .build/slow, timing and check with a file each. */
async function buildAll() {
  await rm(outdir, { recursive: true, force: true })
  const files = filesIn('test').filter((file) => kindOf(file) !== undefined)
  const fast = files.filter((file) => kindOf(file) === 'fast')
  const filesOf = groupsOf(fast)
  const alone = files.filter((file) => kindOf(file) !== 'fast')
  await bundle({
    entryPoints: [
      ...[...filesOf.keys()].map((group) => ({ in: `group:${group}`, out: `fast/${group}.test` })),
      ...alone.map((file) => ({
        in: file,
        out: join(kindOf(file), relative('test', file).slice(0, -'.ts'.length))
      }))
    ],
    outdir,
    plugins: [groups(filesOf)]
  })
}

/** A hash of all inputs of a build, and of the bridge that was built. */
function stampOf(folders) {
  const hash = createHash('sha256')
  for (const file of [...folders.flatMap(filesIn), ...configuration, 'dist/cli.js'])
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

/** The inputs of each build; the name is that of the file in .build that holds its stamp. */
const sourcesOf = { bridge: bridgeFolders, tests: [...bridgeFolders, 'test'] }

/** Whether nothing has changed since the last build. */
function isBuilt(name) {
  try {
    return readFileSync(join(outdir, name), 'utf8') === stampOf(sourcesOf[name])
  } catch {
    return false
  }
}

function markBuilt(name) {
  mkdirSync(outdir, { recursive: true })
  writeFileSync(join(outdir, name), stampOf(sourcesOf[name]))
}

/** The bridge alone. */
export async function buildBridge() {
  if (isBuilt('bridge')) return
  await import('../../esbuild.config.mjs')
  markBuilt('bridge')
}

/** One test for a process of its own; returns the path of the bundle. */
export async function buildOne(file) {
  const outfile = join(outdir, 'one', basename(file).replace(/ts$/, 'js'))
  await bundle({ entryPoints: [resolve(root, file)], outfile, splitting: false })
  return outfile
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepareTap()
  if (!isBuilt('tests')) {
    await buildBridge()
    await buildAll()
    markBuilt('bridge')
    markBuilt('tests')
  }
}
