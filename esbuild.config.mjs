// Compiles and bundles the bridge into dist: hundreds of small files cost more time to open and
// compile than everything else at start (see test/start.timing.test.ts). Types are checked apart, by
// `npm run typecheck`.
import { readdir, rm } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
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
  // It finds its pages beside itself, and is loaded for those who open /docs.
  external: ['@fastify/swagger-ui'],
  plugins: [lean],
  banner: { js: commonJs },
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true
})

// Nothing of an earlier build stays. Removed last, so that a bridge that runs keeps what it may still load.
const built = new Set(Object.keys(metafile.outputs).map((file) => resolve(file)))
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name)
  const isOurs = !relative(outdir, file).endsWith('.mcpb')
  if (entry.isFile() && isOurs && !built.has(resolve(file))) await rm(file)
}
