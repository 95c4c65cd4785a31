import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../src/lib/files/package-info.ts'
import { startSpawnedCli } from '../helper/spawn-cli.ts'
import type { SoakMutantName } from '../soak/mutants.ts'
import type { Answers, Question } from '../soak/questions.ts'
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
  mutant?: MutantName | SoakMutantName
  /** The limits of the product, divided by this; without it, those of the search. */
  pace?: number
  /** How far the clock of the machine has stepped. */
  offsetMs: number
}

/** A bridge as a process, until it is killed. */
export interface BridgeProcess {
  url: string
  /** Lets its clock step, or its time of day alone; false where it goes by the true one. */
  step(offsetMs: number, isSet?: boolean): boolean
  /** What it says of itself; nothing where it is the command that people run. */
  ask<T extends Question>(about: T): Promise<Answers[T]>
  /** Lets it end what an earlier one left; undefined where it does that in its own time. */
  settle(): Promise<void> | undefined
  /** Whether it has ended by itself. */
  hasEnded(): boolean
  kill(): Promise<void>
}

/** Long, as the search gives way to everything else on its machine. */
const deadlineMs = 300_000

/** The next message of a kind. */
const told = <T extends { kind: string }>(
  child: ChildProcess,
  kind: T['kind'],
  isMeant: (message: T) => boolean = () => true
): Promise<T> =>
  new Promise((resolve, reject) => {
    const forget = (): void => {
      clearTimeout(timer)
      child.off('message', hear).off('exit', gone)
    }
    const hear = (message: T): void => {
      if (message.kind !== kind || !isMeant(message)) return
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

export interface BridgesOptions {
  /** No next one is loaded, and it may be measured. */
  isOnlyOne?: boolean
  /** File descriptor that its log is written to. */
  log?: number
}

/** Starts bridges; the next one is loaded while the present one runs, unless there is only one. */
export class Bridges {
  readonly #folder: string
  readonly #program: string
  readonly #options: BridgesOptions
  #next: { child: ChildProcess; loaded: Promise<unknown> } | undefined

  private constructor(folder: string, options: BridgesOptions) {
    this.#folder = folder
    this.#program = join(folder, 'host.js')
    this.#options = options
  }

  /** Bundles the program of the bridges, as hundreds of files cost more than a run. */
  static async prepare(options: BridgesOptions = {}): Promise<Bridges> {
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
    return new Bridges(folder, options)
  }

  async start({ env, cwd, mutant, offsetMs, pace }: StartOptions): Promise<BridgeProcess> {
    const { child, loaded } = this.#next ?? this.#load()
    this.#next = this.#options.isOnlyOne === true ? undefined : this.#load()
    await loaded
    const listens = told<{ kind: 'listens'; url: string }>(child, 'listens')
    const say = (message: HostMessage): void => void (child.connected && child.send(message))
    say({
      kind: 'start',
      env,
      cwd,
      offsetMs,
      ...(mutant !== undefined && { mutant }),
      ...(pace !== undefined && { pace })
    })
    const { url } = await listens
    return {
      url,
      step(ms, isSet = false) {
        say({ kind: 'clock', offsetMs: ms, isSet })
        return true
      },
      async ask<T extends Question>(about: T) {
        type Answer = { kind: 'answer'; about: T; value: Answers[T] }
        const answer = told<Answer>(child, 'answer', (message) => message.about === about)
        say({ kind: 'ask', about })
        return (await answer).value
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
      stdio: ['ignore', this.#options.log ?? 'ignore', 'inherit', 'ipc'],
      env: {},
      // It is JavaScript, whatever runs this process. Garbage does not count as a leak.
      execArgv: this.#options.isOnlyOne === true ? ['--expose-gc'] : []
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
    ask: () => Promise.reject(new Error('It can be asked nothing')),
    settle: () => undefined,
    hasEnded: () => isOver(spawned.process),
    kill: async () => void (await spawned.stop('SIGKILL'))
  }
}
