// Compiles and bundles the bridge into dist: hundreds of small files cost more time to open and
// compile than everything else at start (see test/start.timing.test.ts). One CommonJS file, as only a
// script can be kept compiled on Node.js 20 (see src/launch.ts). Types are checked apart, by
// `npm run typecheck`.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

/**
 * Leaves out what packages load and the bridge never runs, as a start pays for what it loads: three
 * quarters of undici (fetch, WebSocket, caches, mocks), and the YAML of @fastify/swagger.
 */
const lean = {
  name: 'lean',
  setup({ onResolve, onLoad }) {
    const contents = {
      // What its main file does for these two.
      undici: `
        const Dispatcher = require('undici/lib/dispatcher/dispatcher.js')
        Dispatcher.prototype.request = require('undici/lib/api/api-request.js')
        exports.Agent = require('undici/lib/dispatcher/agent.js')
        exports.Pool = require('undici/lib/dispatcher/pool.js')
      `,
      yaml: ''
    }
    onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'lean' }))
    onResolve({ filter: /^yaml$/ }, ({ path, importer }) =>
      importer.includes('@fastify') ? { path, namespace: 'lean' } : undefined
    )
    onLoad({ filter: /^/, namespace: 'lean' }, ({ path }) => ({
      contents: contents[path],
      resolveDir: import.meta.dirname
    }))
  }
}

/** Puts the texts of the console's files into the bundle, in place of the module that reads them. */
const pages = {
  name: 'pages',
  setup({ onLoad }) {
    onLoad({ filter: /src[/\\]pages[/\\]console[/\\]files\.ts$/ }, async ({ path }) => {
      const folder = dirname(path)
      const names = (await readdir(folder)).filter((name) => /\.(?:html|css|js)$/.test(name))
      const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])
      const files = Object.fromEntries(await Promise.all(texts))
      return { contents: `export const consoleFiles = ${JSON.stringify(files)}` }
    })
  }
}

const outdir = 'dist'
const run = (...args) =>
  promisify(execFile)(process.execPath, args, { timeout: 60_000, maxBuffer: 2 ** 24 })
const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 8)

// What first calls would make.
const { stdout: ahead } = await run('--import', 'ts-blank-space/register', 'openapi/built-ahead.ts')
const { checks, files: texts } = JSON.parse(ahead)
/** Files of their own, by what they hold; named by their texts, as the bundle reads none but its own. */
const builtFiles = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [
    name,
    `${outdir}/bundle/${name}-${hashOf(text)}.json`
  ])
)

/** Puts the checks of all arguments into the bundle, in place of the module that has none. */
const builtChecks = {
  name: 'built-checks',
  setup({ onLoad }) {
    onLoad({ filter: /src[/\\]tools[/\\]arguments[/\\]built-checks\.ts$/ }, () => ({
      contents: checks,
      resolveDir: import.meta.dirname
    }))
  }
}

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true
}
const { metafile, outputFiles } = await build({
  ...shared,
  entryPoints: ['src/cli.ts'],
  outfile: join(outdir, 'bridge.cjs'),
  write: false,
  format: 'cjs',
  // What is loaded late is in the same file, and runs when it is loaded.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'bundleUrl', builtFiles: JSON.stringify(builtFiles) },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href" },
  // Its main file requires its parts by a parameter, which cannot be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  plugins: [lean, pages, builtChecks]
})

/**
 * A text of one byte a character is read without being decoded, and kept in half the memory. esbuild
 * escapes all others but those in regular expressions, where this means the same.
 */
const text = outputFiles[0].text
  .replace(/^#!.*/, '')
  .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

// Named by its text, as what is compiled of it must be of no other.
const bundle = join('bundle', `bridge-${hashOf(text)}.cjs`)

const { metafile: starters } = await build({
  ...shared,
  entryPoints: { cli: 'src/launch.ts', 'mcpb/entry': 'mcpb/entry.ts' },
  outdir,
  format: 'esm',
  define: { bundleName: JSON.stringify(bundle) }
})

/** Files beside the bundle, which nothing of esbuild knows. */
const added = []

async function add(file, write) {
  await mkdir(join(outdir, file, '..'), { recursive: true })
  await write(join(outdir, file))
  added.push(file)
}

await add(bundle, (file) => writeFile(file, text))
for (const [name, file] of Object.entries(builtFiles))
  await add(relative(outdir, file), (path) => writeFile(path, texts[name]))

// Swagger UI looks for its pages beside its own files, which are in the bundle now.
const swaggerPages = 'node_modules/@fastify/swagger-ui/static'
for (const name of await readdir(swaggerPages))
  // A second copy of swagger-ui-bundle.js without its dependencies, which no page loads.
  if (name !== 'swagger-ui.js')
    await add(join('static', name), (file) => cp(join(swaggerPages, name), file))
await add('bundle/static/logo.svg', (file) => cp(join(swaggerPages, 'logo.svg'), file))

/** Folders of the packages in the bundle: `node_modules/@scope/name`. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap(
    (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []
  )
)

/** Their licences ask to be passed on with them. */
async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8')
  )
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8')
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}

await add('licences.txt', async (file) => {
  const texts = await Promise.all([...packages].toSorted().map(licenceOf))
  await writeFile(file, `Packages in this bundle\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`)
})

// Compiled for the Node.js that builds.
await add(`${bundle}.${process.versions.v8}-${process.arch}`, (file) =>
  run('code-cache.mjs', join(outdir, bundle), file).catch((error) => {
    console.warn(`The bundle is not compiled ahead, and starts more slowly: ${error.message}`)
  })
)

// Nothing of an earlier build stays. Removed last, so that a bridge that runs keeps what it may still load.
const built = new Set(
  [...Object.keys(starters.outputs), ...added.map((file) => join(outdir, file))].map((file) =>
    resolve(file)
  )
)
const holdsBuilt = (folder) => [...built].some((file) => file.startsWith(folder + sep))
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const path = resolve(entry.parentPath, entry.name)
  const isKept = entry.isDirectory() ? holdsBuilt(path) : built.has(path) || path.endsWith('.mcpb')
  if (!isKept) await rm(path, { recursive: true, force: true })
}
