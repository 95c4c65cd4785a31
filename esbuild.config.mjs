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
  // They find their pages beside themselves, and are loaded only after the bridge listens.
  external: ['@fastify/swagger', '@fastify/swagger-ui'],
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
