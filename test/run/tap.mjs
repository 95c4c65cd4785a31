import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const marker = 'node_modules/.cache/scale-bridge/tap'

const read = (file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Runs tap, which npm puts on the path; returns its exit code. */
export const tap = (args, stdio = 'inherit') =>
  spawnSync('tap', args, { stdio, shell: process.platform === 'win32' }).status ?? 1

/**
 * Puts tap's plugins together, as .taprc lists them: seconds of work, once for an installation.
 * Other packages do it in an install script, which .npmrc forbids.
 */
export function prepareTap() {
  const { version } = JSON.parse(readFileSync('node_modules/tap/package.json', 'utf8'))
  const wanted = `${version}\n${read('.taprc')}`
  if (read(marker) === wanted) return
  if (tap(['build'], ['ignore', 'ignore', 'inherit']) !== 0) throw new Error('tap build failed')
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, wanted)
}
