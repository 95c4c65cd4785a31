// npm run test:node -- VERSION [SCRIPT]
// Runs `npm test`, or another script, on another version of Node: the npm package `node`, which is
// installed outside the repository, once for each version.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const [version = '', script = 'test'] = process.argv.slice(2)
if (!/^\d+(\.\d+){0,2}$/.test(version)) {
  console.error('Name a version: npm run test:node -- 24')
  process.exit(2)
}

const isWindows = process.platform === 'win32'
const npm = (args, options) => {
  const { status } = spawnSync('npm', args, { stdio: 'inherit', shell: isWindows, ...options })
  return status ?? 1
}

const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
const folder = join(caches, 'scale-bridge', `node-${version}`)
const bin = join(folder, 'node_modules', 'node', 'bin')
if (!existsSync(bin)) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  // Its install script puts the program of this system in place.
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts=false', `node@${version}`]
  if (npm(args, { cwd: folder }) !== 0) process.exit(1)
}

const { stdout } = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' })
if (!stdout?.startsWith(`v${version}`)) {
  console.error(`${bin} does not run as Node ${version}; remove ${folder} to install it again`)
  process.exit(1)
}
console.log(`Node ${stdout.trim()}: npm run ${script}`)
// Found first by npm, and by what it runs.
const path = `${bin}${delimiter}${process.env.PATH}`
process.exit(npm(['run', script], { env: { ...process.env, PATH: path } }))
