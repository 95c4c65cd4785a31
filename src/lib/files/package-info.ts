import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('scale-bridge is not installed whole: no package.json')
  return findRoot(parent)
}

/** The folder of package.json, the same whether the sources or the compiled files run. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The version of this package, from its package.json. */
export const packageVersion = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version
