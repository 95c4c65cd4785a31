// npm run test:one -- FILE...
// Runs test files alone, each in a process of its own, with the bridge as its sources are.
import { existsSync } from 'node:fs'
import { buildBridge, buildOne } from './build.mjs'
import { prepareTap, tap } from './tap.mjs'

const timeoutSeconds = 600

const files = process.argv
  .slice(2)
  // The path of a compiled test names its source as well.
  .map((file) => file.replace(/^(?:dist|\.build)\//, '').replace(/\.js$/, '.ts'))
const missing = files.filter((file) => !existsSync(file))
if (files.length === 0 || missing.length > 0) {
  console.error(
    missing.length > 0
      ? `There is no ${missing.join(', ')}`
      : 'Name a test: npm run test:one -- test/routes/vm.test.ts'
  )
  process.exit(2)
}

await buildBridge()
const built = []
for (const file of files) built.push(await buildOne(file))
prepareTap()
const preload = new URL('teardown-first.mjs', import.meta.url).href
process.exit(
  tap(['--jobs=1', `--timeout=${timeoutSeconds}`, `--node-arg=--import=${preload}`, ...built])
)
