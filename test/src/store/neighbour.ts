import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ProcessIdentity } from '../../../src/lib/process/process-identity.ts'
import { withTimeout } from '../../../src/lib/time/with-timeout.ts'
import type { PresenceTimings } from '../../../src/store/presence.ts'
import { sourceProgram } from '../../helper/shell.ts'

export interface Start {
  /** Of the store. */
  folder: string
  timings: PresenceTimings
  /** What it says of itself in place of the truth: another host, another space. */
  identity: Partial<ProcessIdentity>
}

/** A command to a neighbour. */
export type Order =
  | { do: 'call'; key: string; stops: 'before' | 'within' }
  | { do: 'go on' }
  | { do: 'ask'; owner: Partial<ProcessIdentity> }
  | { do: 'close' }

/** What it says. */
export type Report =
  | { up: ProcessIdentity }
  | { stopped: string }
  | { called: string; outcome: string }
  | { asked: boolean }

/** Its commands are run in a pid namespace of their own, where it has the pid 1, and end with it. */
const ownSpace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']

/** Why no process can be given a pid namespace of its own here; false where it can. */
export const noOwnSpace: string | false =
  spawnSync(ownSpace[0] ?? '', [...ownSpace.slice(1), 'true'], { stdio: 'ignore' }).status !== 0 &&
  'unshare --pid is not allowed here'

/** What a neighbour says, a line of JSON each. */
class Lines {
  readonly #lines: string[] = []
  readonly #waiting: ((line: string | undefined) => void)[] = []
  #hasEnded = false

  constructor(input: Readable) {
    createInterface({ input })
      .on('line', (line) => {
        const waiting = this.#waiting.shift()
        if (waiting === undefined) this.#lines.push(line)
        else waiting(line)
      })
      .once('close', () => {
        this.#hasEnded = true
        for (const waiting of this.#waiting.splice(0)) waiting(undefined)
      })
  }

  /** @throws where it has ended, or says nothing for half a minute */
  async next<T>(): Promise<T> {
    const said =
      this.#lines.shift() ??
      (this.#hasEnded
        ? undefined
        : await withTimeout(
            new Promise<string | undefined>((resolve) => this.#waiting.push(resolve)),
            30_000,
            () => undefined
          ))
    if (said === undefined) throw new Error('The neighbour has ended, or hangs')
    return JSON.parse(said) as T
  }
}

/** Another bridge on a folder, as far as its ledger goes, in a process of its own. */
export class Neighbour {
  /** How it is known to others. */
  readonly identity: ProcessIdentity
  readonly #child: ChildProcess
  readonly #reports: Lines

  private constructor(child: ChildProcess, reports: Lines, up: ProcessIdentity) {
    this.#child = child
    this.#reports = reports
    this.identity = up
  }

  static async start(
    t: { teardown(handler: () => unknown): void },
    start: Start,
    { inOwnSpace = false } = {}
  ): Promise<Neighbour> {
    const node = [process.execPath, ...sourceProgram('test/src/store/neighbour-program.ts')]
    const [command = '', ...words] = inOwnSpace ? [...ownSpace, ...node] : node
    const child = spawn(command, [...words, JSON.stringify(start)], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    t.teardown(() => child.kill('SIGKILL'))
    const reports = new Lines(child.stdout)
    const { up } = await reports.next<{ up: ProcessIdentity }>()
    return new Neighbour(child, reports, up)
  }

  /** Begins a call, and resolves when it has stopped. */
  async call(key: string, stops: 'before' | 'within'): Promise<void> {
    await this.#tell({ do: 'call', key, stops })
  }

  /** Resumes its call. @returns how it ended */
  async goOn(): Promise<string> {
    const { outcome } = await this.#tell<{ outcome: string }>({ do: 'go on' })
    return outcome
  }

  /** Whether it holds that a process has ended. */
  async holdsForEnded(owner: Partial<ProcessIdentity>): Promise<boolean> {
    const { asked } = await this.#tell<{ asked: boolean }>({ do: 'ask', owner })
    return asked
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await once(this.#child, 'close')
  }

  async close(): Promise<void> {
    this.#child.stdin?.write(`${JSON.stringify({ do: 'close' } satisfies Order)}\n`)
    await once(this.#child, 'close')
  }

  async #tell<T>(order: Order): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
    return this.#reports.next<T>()
  }
}
