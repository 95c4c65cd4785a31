import { planList } from '../views/plan/plan.ts'
import type { Principal } from '../identity/principal.ts'
import type { Logger } from '../lib/process/logger.ts'
import type { Timings } from '../lib/time/timings.ts'
import { unixMs } from '../lib/time/unix-time.ts'
import type { Plan, Plans } from '../policy/plan.ts'
import type { OverviewReader } from './overview.ts'
import type { PrincipalsSeen } from './principals-seen.ts'
import type { RecentCall } from './recent-calls.ts'
import type { ConsoleSession } from './sessions.ts'

/** What an open page is sent: each part as an event of its name, whole, and only when changed. */
export type FeedPart = 'session' | 'plans' | 'tasks' | 'cluster' | 'calls' | 'tokens'

/** `beat`: the bridge is there; `end`: the session is not, and nothing follows. */
export type FeedEvent = FeedPart | 'beat' | 'end'

type FeedTimings = Pick<Timings, 'consoleBeatMs' | 'consoleTasksMs' | 'consoleClusterMs'>

/** Plans that are shown, the waiting ones and those that ended last. */
const maxPlans = 60

const maxCalls = 50

export interface FeedSources {
  plans: Plans
  overview: OverviewReader
  principals: PrincipalsSeen
  /** The newest first. */
  calls: (max: number) => RecentCall[]
  /** The session this page belongs to; undefined once it has ended. */
  session: () => Promise<ConsoleSession | undefined>
  logger: Logger
}

/** How a session reads on the page. */
export const sessionView = ({ principal, expiresAt }: ConsoleSession) => ({
  signedIn: true,
  name: principal.name,
  scopes: [...principal.scopes],
  vmTags: principal.vmTags ?? null,
  person: principal.person ?? null,
  mayApprove: principal.scopes.has('approve'),
  expiresAt: new Date(expiresAt).toISOString()
})

/** Tells one open page what is going on, until it is stopped or its session ends. */
export class ConsoleFeed {
  readonly #sources: FeedSources
  readonly #send: (event: FeedEvent, data: object) => void
  readonly #sent = new Map<FeedPart, string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #stopPlans: () => void
  #principal: Principal
  #stopped = false

  /**
   * Begins at once.
   * @param send is not called after `end`, nor after `stop`
   */
  constructor(
    sources: FeedSources,
    { principal }: ConsoleSession,
    send: (event: FeedEvent, data: object) => void,
    timings: FeedTimings
  ) {
    this.#sources = sources
    this.#principal = principal
    this.#send = send
    this.#stopPlans = sources.plans.onNews(() => void this.#tellPlans())
    this.#every(timings.consoleBeatMs, () => this.#beat())
    this.#every(timings.consoleTasksMs, async () =>
      this.#tell('tasks', { tasks: await sources.overview.tasks(this.#principal) })
    )
    this.#every(timings.consoleClusterMs, async () =>
      this.#tell('cluster', await sources.overview.cluster(this.#principal))
    )
  }

  /** Says that the session has ended, and stops. */
  end(): void {
    if (this.#stopped) return
    this.#send('end', {})
    this.stop()
  }

  stop(): void {
    this.#stopped = true
    this.#stopPlans()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Does the work now, and again `ms` after each time it is done. */
  #every(ms: number, work: () => Promise<void>): void {
    const round = async (): Promise<void> => {
      if (this.#stopped) return
      try {
        await work()
      } catch (err) {
        this.#sources.logger.warn({ err }, 'The console could not be brought up to date')
      }
      if (this.#stopped) return
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        void round()
      }, ms)
      this.#timers.add(timer)
    }
    void round()
  }

  async #beat(): Promise<void> {
    const session = await this.#sources.session()
    if (session === undefined) return this.end()
    if (this.#stopped) return
    this.#principal = session.principal
    this.#tell('session', sessionView(session))
    this.#send('beat', { now: unixMs() })
    void this.#tellPlans()
    if (session.principal.vmTags === undefined) this.#tellOfOthers()
  }

  async #tellPlans(): Promise<void> {
    if (this.#stopped) return
    const now = unixMs()
    let all: Plan[]
    try {
      all = await this.#sources.plans.list()
    } catch (err) {
      this.#sources.logger.debug({ err }, 'The plans cannot be read')
      return
    }
    const { waiting, plans } = planList(all, this.#principal, now)
    const shown = [
      ...plans.filter(({ state }) => state === 'WAITING'),
      ...plans.filter(({ state }) => state !== 'WAITING').slice(0, maxPlans)
    ]
    // What has changed is more than the seconds that are left.
    const compared = shown.map(({ secondsLeft: _secondsLeft, ...plan }) => plan)
    this.#tell('plans', { now, waiting, plans: shown }, compared)
  }

  /** Sends what a token that is limited to some VMs must not see. */
  #tellOfOthers(): void {
    this.#tell('tokens', { tokens: this.#sources.principals.list() })
    this.#tell('calls', { calls: this.#sources.calls(maxCalls) })
  }

  #tell(part: FeedPart, data: object, compared: unknown = data): void {
    if (this.#stopped) return
    const text = JSON.stringify(compared)
    if (this.#sent.get(part) === text) return
    this.#sent.set(part, text)
    this.#send(part, data)
  }
}
