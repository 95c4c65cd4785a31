// Puts the compiled bridge and its dependencies into a few files: hundreds of small ones cost more
// time to open and compile than everything else at start. Run after tsc; see test/start.test.ts.
import { rm } from 'node:fs/promises'
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

await rm('dist/chunks', { recursive: true, force: true })
await build({
  entryPoints: { cli: 'dist/src/cli.js' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  // Its main file requires its parts by a parameter, which cannot be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // They find their pages beside themselves, and are loaded only after the bridge listens.
  external: ['@fastify/swagger', '@fastify/swagger-ui'],
  banner: { js: commonJs },
  legalComments: 'none',
  logLevel: 'warning'
})
