import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package-info.ts'

/** What the build makes ahead, so that no first call has to. */
export type BuiltFile = 'search-index' | 'openapi'

/** Set by the build: the files below the package that it wrote. */
declare const builtFiles: Readonly<Record<BuiltFile, string>> | undefined

/** Whether the build has written it: nothing is built ahead where the sources run. */
export const isBuilt = (name: BuiltFile): boolean =>
  typeof builtFiles !== 'undefined' && builtFiles[name] !== undefined

/** The JSON of a file that came with the build; undefined where there is none, or it cannot be read. */
export function readBuilt(name: BuiltFile): unknown {
  if (typeof builtFiles === 'undefined') return undefined
  try {
    return JSON.parse(readFileSync(join(packageRoot, builtFiles[name]), 'utf8')) as unknown
  } catch {
    // A build that is not whole still works.
    return undefined
  }
}
