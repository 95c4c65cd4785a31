// Bundles the tests into .build, which holds nothing else. The end of a file's name says what it is:
//
//   .test.ts         npm test; the files of one folder share a process, where they run one after another
//   .slow.test.ts    npm run test:slow; waits in real time, starts programs, or uses large clusters
//   .timing.test.ts  npm run test:slow, after the others; measures time, so nothing runs beside it
//   .check.ts        npm run conformance; needs programs of others
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outdir = join(root, '.build')
const runner = fileURLToPath(new URL('files.mjs', import.meta.url))

const kinds = /\.(?:(?:(slow|timing)\.)?test|(check))\.ts$/

/** fast, slow, timing or check; undefined where the file is no test. */
const kindOf = (file) => {
  const match = kinds.exec(file)
  return match === null ? undefined : (match[1] ?? match[2] ?? 'fast')
}

/** The process that a fast test runs in: `routes`, `src-cli`, and `all` for those of test/ itself. */
const groupOf = (file) =>
  dirname(relative('test', file)).split(sep).slice(0, 2).join('-').replace(/^\.$/, 'all')

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

/** Every test, anew: .build/fast/GROUP.test.js, and .build/slow, timing and check with a file each. */
export async function buildAll() {
  await rm(outdir, { recursive: true, force: true })
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .map((name) => join('test', name))
    .filter((file) => kindOf(file) !== undefined)
    .toSorted()
  const filesOf = new Map()
  const entryPoints = []
  for (const file of files) {
    const kind = kindOf(file)
    if (kind === 'fast') {
      const group = groupOf(file)
      if (!filesOf.has(group)) entryPoints.push({ in: `group:${group}`, out: `fast/${group}.test` })
      filesOf.set(group, [...(filesOf.get(group) ?? []), file])
    } else entryPoints.push({ in: file, out: join(kind, relative('test', file).slice(0, -3)) })
  }
  await bundle({ entryPoints, outdir, plugins: [groups(filesOf)] })
}

/** One test for a process of its own; returns the path of the bundle. */
export async function buildOne(file) {
  const outfile = join(outdir, 'one', basename(file).replace(/ts$/, 'js'))
  await bundle({ entryPoints: [resolve(root, file)], outfile, splitting: false })
  return outfile
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll()
