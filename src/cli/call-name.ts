import { realpathSync } from 'node:fs'
import { delimiter, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Environment } from '../config/env-file.ts'
import { packageRoot } from '../lib/files/package-info.ts'
import { shellWord } from '../lib/text/shell-word.ts'

const commandName = 'scale-bridge'
const script = join(packageRoot, 'dist', 'cli.js')

const realpath = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** npm adds these for the programs it starts; the user's shell does not have them. */
const isNpmFolder = (folder: string): boolean => folder.endsWith(join('node_modules', '.bin'))

/** Whether a folder of the PATH has the command, and it is this program, not another of that name. */
function leadsHere(folder: string, root: string): boolean {
  if (!isAbsolute(folder) || isNpmFolder(folder)) return false
  if (realpath(join(folder, commandName)) === join(root, 'dist', 'cli.js')) return true
  // On Windows npm writes a script next to the package that it starts.
  const shim = realpath(join(folder, `${commandName}.cmd`))
  return shim !== undefined && realpath(join(folder, 'node_modules', commandName)) === root
}

/**
 * How this program is called from the user's shell: `scale-bridge` where that is on the PATH and is
 * this program, else `node` and its path. Never through npx: it would fetch a package of that name.
 */
export function callName(env: Environment, cwd: string): string {
  const root = realpath(packageRoot) ?? packageRoot
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter)
  if (folders.some((folder) => leadsHere(folder, root))) return commandName
  const path = relative(cwd, script)
  const near = !path.startsWith(`..${sep}`) && !isAbsolute(path)
  return `node ${shellWord(near ? path : resolve(script))}`
}
