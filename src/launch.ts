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
import { limitHeapGrowth } from './cli/heap-growth.ts'

/** Set by the build: the path of the bundle from here. */
declare const bundleName: string

const file = join(import.meta.dirname, bundleName)
const require = nodeModule.createRequire(file)

/** What newer versions of Node.js than our types know have. */
interface CompileCache {
  enableCompileCache?: () => void
  flushCompileCache?: () => void
}

function compiled(): Buffer | undefined {
  try {
    return readFileSync(`${file}.${versions.v8}-${arch}`)
  } catch {
    return undefined
  }
}

/** By then what a bridge does at first was compiled. */
const compiledAfterMs = 10_000

const cachedData = compiled()
if (cachedData === undefined) {
  const { enableCompileCache, flushCompileCache } = nodeModule as CompileCache
  enableCompileCache?.()
  require(file)
  setTimeout(() => {
    flushCompileCache?.()
    limitHeapGrowth()
  }, compiledAfterMs).unref()
} else {
  // As Node.js itself wraps a CommonJS module; the build has made it ASCII.
  const source = `(function (require, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const script = new Script(source, { filename: file, cachedData })
  limitHeapGrowth()
  const start = script.runInThisContext() as (...given: unknown[]) => void
  start(require, file, dirname(file))
}
