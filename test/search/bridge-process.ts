import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../src/lib/package-info.ts'
import { startSpawnedCli } from '../helper/spawn-cli.ts'
import type { HostMessage } from './host.ts'
import type { MutantName } from './mutants.ts'

// CommonJS packages inside an ES module look for these.
const commonJs = `
import { createRequire as bundledRequire } from 'node:module'
import { dirname as bundledDirname } from 'node:path'
import { fileURLToPath as bundledPath } from 'node:url'
const require = bundledRequire(import.meta.url)
const __filename = bundledPath(import.meta.url)
const __dirname = bundledDirname(__filename)
`

/** How a bridge is started. */
export interface StartOptions {
  env: Record<string, string>
  /** Of its state, which the next one finds. */
  cwd: string
  mutant?: MutantName
  /** How far the clock of the machine has stepped. */
  offsetMs: number
}

/** A bridge as a process, until it is killed. */
export interface BridgeProcess {
  url: string
  /** Lets its clock step; false where it goes by the true one. */
  step(offsetMs: number): boolean
  /** Lets it end what an earlier one left; undefined where it does that in its own time. */
  settle(): Promise<void> | undefined
  /** Whether it has ended by itself. */
  hasEnded(): boolean
  kill(): Promise<void>
}

/** Long, as the search gives way to everything else on its machine. */
const deadlineMs = 300_000

/** The next message of a kind. */
const told = <T extends { kind: string }>(child: ChildProcess, kind: T['kind']): Promise<T> =>
  new Promise((resolve, reject) => {
    const forget = (): void => {
      clearTimeout(timer)
      child.off('message', hear).off('exit', gone)
    }
    const hear = (message: T): void => {
      if (message.kind !== kind) return
      forget()
      resolve(message)
    }
    const gone = (): void => {
      forget()
      reject(new Error(`The bridge ended before it said: ${kind}`))
    }
    const timer = setTimeout(gone, deadlineMs)
    child.on('message', hear).once('exit', gone)
  })

/** Starts bridges; the next one is loaded while the present one runs. */
export class Bridges {
  readonly #folder: string
  readonly #program: string
  #next: { child: ChildProcess; loaded: Promise<unknown> } | undefined

  private constructor(folder: string) {
    this.#folder = folder
    this.#program = join(folder, 'host.js')
  }

  /** Bundles the program of the bridges, as hundreds of files cost more than a run. */
  static async prepare(): Promise<Bridges> {
    // Below the root, where its packages are found.
    const folder = mkdtempSync(join(packageRoot, 'node_modules', '.search-'))
    await build({
      absWorkingDir: packageRoot,
      entryPoints: ['test/search/host.ts'],
      outfile: join(folder, 'host.js'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      minifyWhitespace: true,
      // As esbuild.config.mjs bundles the bridge.
      alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
      banner: { js: commonJs },
      logLevel: 'warning'
    })
    return new Bridges(folder)
  }

  async start({ env, cwd, mutant, offsetMs }: StartOptions): Promise<BridgeProcess> {
    const { child, loaded } = this.#next ?? this.#load()
    this.#next = this.#load()
    await loaded
    const listens = told<{ kind: 'listens'; url: string }>(child, 'listens')
    const say = (message: HostMessage): void => void (child.connected && child.send(message))
    say({ kind: 'start', env, cwd, offsetMs, ...(mutant !== undefined && { mutant }) })
    const { url } = await listens
    return {
      url,
      step(ms) {
        say({ kind: 'clock', offsetMs: ms })
        return true
      },
      async settle() {
        const settled = told(child, 'settled')
        say({ kind: 'settle' })
        await settled
      },
      hasEnded: () => isOver(child),
      kill: () => end(child)
    }
  }

  async close(): Promise<void> {
    if (this.#next !== undefined) {
      this.#next.loaded.catch(() => undefined)
      await end(this.#next.child)
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #load(): { child: ChildProcess; loaded: Promise<unknown> } {
    const child = fork(this.#program, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
      // It is JavaScript, whatever this process is run by.
      execArgv: []
    })
    const loaded = told(child, 'loaded')
    loaded.catch(() => undefined)
    return { child, loaded }
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (isOver(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

type Teardown = Parameters<typeof startSpawnedCli>[0]

/** The same by the command that people run. Its clock and its pauses are the true ones. */
export async function startServed(t: Teardown, { env, cwd }: StartOptions): Promise<BridgeProcess> {
  const spawned = startSpawnedCli(t, ['serve'], { cwd, env })
  const [, url = ''] = await spawned.printed(/listens on (\S+) /)
  return {
    url,
    step: () => false,
    settle: () => undefined,
    hasEnded: () => isOver(spawned.process),
    kill: async () => void (await spawned.stop('SIGKILL'))
  }
}
