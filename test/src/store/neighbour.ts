import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ProcessIdentity } from '../../../src/lib/process-identity.ts'
import type { PresenceTimings } from '../../../src/store/presence.ts'
import { sourceProgram } from '../../helper/shell.ts'

export interface Start {
  /** Of the store. */
  folder: string
  timings: PresenceTimings
  /** What it says of itself in place of the truth: another host, another space. */
  identity: Partial<ProcessIdentity>
}

/** What a neighbour is told to do. */
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

/** Another bridge on a folder, as far as its ledger goes, in a process of its own. */
export class Neighbour {
  /** How it is known to others. */
  readonly identity: ProcessIdentity
  readonly #child: ChildProcess
  readonly #reports: AsyncIterator<string>

  private constructor(child: ChildProcess, reports: AsyncIterator<string>, up: ProcessIdentity) {
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
    const reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const { up } = await next<{ up: ProcessIdentity }>(reports)
    return new Neighbour(child, reports, up)
  }

  /** Begins a call, and resolves when it has stopped. */
  async call(key: string, stops: 'before' | 'within'): Promise<void> {
    await this.#tell({ do: 'call', key, stops })
  }

  /** Lets its call go on. @returns how it ended */
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
    return next<T>(this.#reports)
  }
}

async function next<T>(reports: AsyncIterator<string>): Promise<T> {
  const { value, done } = await reports.next()
  if (done === true) throw new Error('The neighbour has ended')
  return JSON.parse(String(value)) as T
}
