#!/usr/bin/env node
/**
 * What `dist/cli.js` is: starts the bundle beside it. Half of a start would be spent on compiling, so the
 * bundle lies there compiled, too, for the Node.js that built it. Any other compiles it itself, and keeps
 * what it compiled where it can (22.8 and newer).
 */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { arch, versions } from 'node:process'
import { Script } from 'node:vm'

/** Set by the build: the path of the bundle from here. */
declare const bundleName: string

const file = join(import.meta.dirname, bundleName)
const require = nodeModule.createRequire(file)

function compiled(): Buffer | undefined {
  try {
    return readFileSync(`${file}.${versions.v8}-${arch}`)
  } catch {
    return undefined
  }
}

const cachedData = compiled()
if (cachedData === undefined) {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: () => void }
  enableCompileCache?.()
  require(file)
} else {
  // As Node.js itself wraps a CommonJS module; the build has made it ASCII.
  const source = `(function (require, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const start = new Script(source, { filename: file, cachedData }).runInThisContext() as (
    ...given: unknown[]
  ) => void
  start(require, file, dirname(file))
}
