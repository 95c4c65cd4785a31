// Compiles and bundles the bridge into dist: hundreds of small files cost more time to open and
// compile than everything else at start (see test/start.timing.test.ts). Types are checked apart, by
// `npm run typecheck`.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { build } from 'esbuild'

// CommonJS packages inside an ES module look for these.
const commonJs = `
import { createRequire as bundledRequire } from 'node:module'
import { dirname as bundledDirname } from 'node:path'
import { fileURLToPath as bundledPath } from 'node:url'
const require = bundledRequire(import.meta.url)
const __filename = bundledPath(import.meta.url)
const __dirname = bundledDirname(__filename)
`

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
const { metafile } = await build({
  entryPoints: { cli: 'src/cli.ts', 'mcpb/entry': 'mcpb/entry.ts' },
  outdir,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  // Its main file requires its parts by a parameter, which cannot be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  plugins: [lean, pages],
  banner: { js: commonJs },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true
})

/** Files beside the bundle, which nothing of esbuild knows. */
const added = []

async function add(file, write) {
  await mkdir(join(outdir, file, '..'), { recursive: true })
  await write(join(outdir, file))
  added.push(file)
}

// Swagger UI looks for its pages beside its own files, which are chunks now.
const swaggerPages = 'node_modules/@fastify/swagger-ui/static'
for (const name of await readdir(swaggerPages))
  // A second copy of swagger-ui-bundle.js without its dependencies, which no page loads.
  if (name !== 'swagger-ui.js')
    await add(join('static', name), (file) => cp(join(swaggerPages, name), file))
await add('chunks/static/logo.svg', (file) => cp(join(swaggerPages, 'logo.svg'), file))

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

// Nothing of an earlier build stays. Removed last, so that a bridge that runs keeps what it may still load.
const built = new Set(
  [...Object.keys(metafile.outputs), ...added.map((file) => join(outdir, file))].map((file) =>
    resolve(file)
  )
)
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name)
  const isOurs = !relative(outdir, file).endsWith('.mcpb')
  if (entry.isFile() && isOurs && !built.has(resolve(file))) await rm(file)
}
