import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultPlan } from '../../src/simulator/plan/plan-file.ts'
import { describeEvent, type PlanMoment } from '../../src/simulator/plan/play-plan.ts'
import { Random } from '../../src/simulator/random.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { BridgeProcess } from '../search/bridge-process.ts'
import { settleAccounts } from './accounts.ts'
import { Callers, type Reply, surfaces, type Surface } from './callers.ts'
import { ClusterHistory } from './cluster-history.ts'
import { isInProgress, type Job, Jobs, toldBy } from './jobs.ts'
import { type HeapSample, heapLeak, heapSlope, leaksOf } from './leaks.ts'
import { pausesAt } from './pace.ts'
import type { Holdings } from './questions.ts'
import { Reads } from './reads.ts'
import { type CallKind, type SoakReport, trafficOf, worstOf } from './report.ts'
import type { SoakOptions } from './options.ts'
import { Troubles } from './troubles.ts'

export const nodes = 3
export const token = 'soak-token-0123456789'
/** A bridge that takes more than this at once is not hurried any more. */
const maxOpen = 400
/** How often the heap is weighed. */
const heapEveryMs = 5000
/** Of all calls, those that read. */
const readShare = 0.6
/** The required share of the reads of calm times: others found no slot, or came before them. */
const peaceShare = 0.5
/** What the bridge gives a look at a node; no setting. */
const livenessMs = 5000

/** One bridge, before one cluster, and those who call it. */
export class SoakRun {
  readonly #options: SoakOptions
  readonly #simulator: Simulator
  readonly #bridge: BridgeProcess
  readonly #random: Random
  readonly #jobs: Jobs
  readonly #history: ClusterHistory
  readonly #reads: Reads
  readonly #troubles: Troubles
  readonly #limitMs: number
  readonly #calmMs: number
  readonly #oldTasks: Set<string>
  #callers: Callers
  readonly #open = new Set<Promise<void>>()
  readonly #times: Record<Surface, Record<CallKind, number[]>> = {
    rest: { reads: [], writes: [] },
    mcp: { reads: [], writes: [] }
  }
  readonly #rssMiB: number[] = []
  readonly #heap: HeapSample[] = []
  readonly #failed: Record<string, number> = {}
  readonly #samples: Record<string, string> = {}
  readonly #wrong: string[] = []
  readonly #broken: string[] = []
  readonly #late: string[] = []
  #right = 0
  readonly #failedInPeace: string[] = []
  #inPeace = 0
  #calls = 0
  #weighedAt = 0
  /** The number of reads to expect of the calm times so far. */
  #calmReads = 0
  #left = 0
  #repeated = 0

  constructor(options: SoakOptions, simulator: Simulator, bridge: BridgeProcess) {
    const { seed, pace } = options
    const { timeouts } = pausesAt(pace)
    const { state, tasks } = simulator.world
    this.#options = options
    this.#simulator = simulator
    this.#bridge = bridge
    this.#random = new Random(seed)
    this.#oldTasks = new Set(tasks.list().map(({ taskTag }) => taskTag))
    const vms = [...state.virDomains.keys()]
    const random = new Random(seed + 1)
    this.#jobs = new Jobs(simulator, vms, random)
    this.#history = new ClusterHistory(simulator)
    this.#reads = new Reads(
      { history: this.#history, jobs: this.#jobs, random: new Random(seed + 2) },
      vms,
      nodes,
      timeouts.wholeMs
    )
    // A look that is under way fails, and the next one comes after a rest.
    this.#limitMs = options.recoveryMs ?? timeouts.restMs + 2 * livenessMs
    this.#calmMs = timeouts.restMs + livenessMs
    this.#troubles = new Troubles(this.#limitMs, this.#calmMs)
    this.#callers = new Callers(bridge.url, token)
  }

  /** Waits for something. False if it does not come. */
  async #until(is: () => boolean | Promise<boolean>): Promise<boolean> {
    const { settleMs = 60_000 } = this.#options
    for (const end = performance.now() + settleMs; ; await sleep(100)) {
      if (await is()) return true
      if (performance.now() > end) return false
    }
  }

  /** Before anything is asked, and the first times everything is. */
  async warmUp(): Promise<Holdings> {
    for (let i = 0; i < 40; i++) await this.#read(surfaces[i % 2] ?? 'rest')
    for (let i = 0; i < 6; i++) await this.#settle(this.#jobs.next(), surfaces[i % 2] ?? 'rest')
    await this.#hangUp()
    await sleep(1000)
    return this.#bridge.ask('holdings')
  }

  async play(name: string, plan: FaultPlan, seconds: number): Promise<number> {
    const { progress, told, calmSeconds } = this.#options
    let faults = 0
    const run = this.#simulator.play(plan, (moment) => {
      if (moment.phase === 'begins') faults += 1
      told?.(`${moment.seconds.toFixed(1)} s: ${describeEvent(moment)} ${moment.phase}`)
      this.#note(moment)
    })
    const watch = setInterval(() => void this.#watch(), 250)
    const report = setInterval(() => progress?.(`${name}: ${this.#line()}`), 5000)
    await this.#callFor(seconds)
    run.stop()
    await this.#until(() => this.#troubles.areOver)
    await Promise.all(this.#open)
    // The last fault is over, too.
    // Nodes are checked when a call arrives.
    await this.#until(async () => {
      await this.#read('rest')
      return !this.#troubles.isAwaited
    })
    this.#noteLate()
    if (calmSeconds > 0) await this.#callInPeace(calmSeconds)
    clearInterval(watch)
    clearInterval(report)
    return faults
  }

  /** The steady rate of calls. */
  async #callFor(seconds: number): Promise<void> {
    const { callsPerSecond } = this.#options
    const startedAt = performance.now()
    for (let i = 0; i < seconds * callsPerSecond; i++) {
      if (this.#open.size < maxOpen) {
        const step = this.#step().finally(() => this.#open.delete(step))
        this.#open.add(step)
      }
      const next = startedAt + ((i + 1) / callsPerSecond) * 1000
      await sleep(Math.max(0, next - performance.now()))
    }
  }

  /** Keeps calling until the last fault is long over, and for `seconds` from then on. */
  async #callInPeace(seconds: number): Promise<void> {
    this.#calmReads += seconds * this.#options.callsPerSecond * readShare
    await this.#callFor(this.#calmMs / 1000 + seconds)
    await Promise.all(this.#open)
  }

  #note(moment: PlanMoment): void {
    this.#noteLate()
    if (moment.event.kind === 'bridge-clock')
      this.#bridge.step(moment.phase === 'begins' ? moment.event.seconds * 1000 : 0, true)
    this.#troubles.note(moment)
  }

  /** Whether the last recovery took too long, which is known when it is overtaken by the next fault. */
  #noteLate(): void {
    const { late } = this.#troubles
    if (late !== undefined)
      this.#late.push(`${late.seconds.toFixed(1)} s after ${late.fault}, and not yet over`)
  }

  async #watch(): Promise<void> {
    this.#troubles.look(await this.#bridge.ask('nodes'))
    if (this.#random.chance(0.05)) this.#rssMiB.push(await this.#bridge.ask('rss'))
    await this.#weigh()
  }

  /** Samples the heap now and then: a collection of garbage costs the calls of that moment. */
  async #weigh(): Promise<void> {
    const at = performance.now()
    if (at - this.#weighedAt < heapEveryMs) return
    this.#weighedAt = at
    this.#heap.push({ calls: this.#calls, heapMiB: await this.#bridge.ask('heap') })
  }

  #line(): string {
    const { all } = this.#jobs
    const told = all.filter((job) => job.told.length > 0).length
    const failed = Object.values(this.#failed).reduce((sum, count) => sum + count, 0)
    const bad = [this.#wrong, this.#failedInPeace, this.#broken, this.#late].flat().length
    const rss = Math.round(this.#rssMiB.at(-1) ?? 0)
    return `${this.#right} reads right, ${failed} failed; ${told} of ${all.length} writes reported; ${this.#open.size} open; ${rss} MiB; ${bad} findings`
  }

  /** One call that was not made before. */
  async #step(): Promise<void> {
    const surface = this.#random.pick(surfaces)
    if (this.#random.chance(readShare)) return this.#read(surface)
    const job = this.#jobs.next()
    const way = this.#random.int(0, 9)
    const leaveMs = this.#random.int(5, 400)
    // Hangs up for good; hangs up and asks again; asks twice at once; or waits as it should.
    if (way < 3) {
      await this.#post(job, surface, AbortSignal.timeout(leaveMs))
      this.#jobs.tell(job, 'unknown', undefined)
      if (way === 0) return
      this.#repeated += 1
      await this.#settle(job, surface)
    } else if (way < 5) {
      this.#repeated += 1
      await Promise.all(surfaces.map((each) => this.#settle(job, each)))
    } else await this.#settle(job, surface)
  }

  async #read(surface: Surface): Promise<void> {
    const read = this.#reads.next()
    const from = performance.now()
    const reply = await this.#callers.call(surface, read.tool, read.args)
    if (reply === undefined) return
    const to = this.#took(surface, 'reads', from, read.tool, reply)
    const isInPeace = this.#troubles.wereNone(from)
    if (isInPeace) this.#inPeace += 1
    if (reply.value === undefined) {
      const code = reply.code ?? ''
      this.#failed[code] = (this.#failed[code] ?? 0) + 1
      const what = `${read.tool} over ${surface}: ${code} ${reply.message}`
      this.#samples[code] ??= what
      if (code === 'NOT_FOUND') this.#wrong.push(what)
      else if (isInPeace) this.#failedInPeace.push(what)
      return
    }
    const problem = read.problem(reply.value, from, to)
    if (problem === undefined) this.#right += 1
    else this.#wrong.push(`${read.tool} ${JSON.stringify(read.args)} over ${surface}: ${problem}`)
  }

  #took(surface: Surface, kind: CallKind, from: number, tool: string, reply: Reply): number {
    const to = performance.now()
    this.#calls += 1
    this.#times[surface][kind].push(to - from)
    if (reply.isBroken) this.#broken.push(`${tool} over ${surface}: ${reply.code} ${reply.message}`)
    return to
  }

  /** Calls until the outcome is final, as a caller does that is instructed to call again. */
  async #settle(job: Job, surface: Surface): Promise<void> {
    for (let i = 0; i < 6; i++) {
      const reply = await this.#post(job, surface)
      if (reply === undefined || isInProgress(reply)) continue
      return this.#jobs.tell(job, toldBy(reply, job), reply.value?.createdUUID)
    }
    this.#jobs.tell(job, 'unknown', undefined)
  }

  /** Undefined where the caller has left. */
  async #post(job: Job, surface: Surface, leave?: AbortSignal): Promise<Reply | undefined> {
    const { tool, args } = job
    const from = performance.now()
    job.calls += 1
    const reply = await this.#callers.call(surface, tool, args, leave)
    if (reply === undefined) this.#left += 1
    else this.#took(surface, 'writes', from, tool, reply)
    return reply
  }

  async #hangUp(): Promise<void> {
    await this.#callers.close()
    this.#callers = new Callers(this.#bridge.url, token)
  }

  /** Holds everything against everything, once nothing runs any more. */
  async end(before: Holdings): Promise<Omit<SoakReport, 'plans' | 'seconds'>> {
    const { seed, pace } = this.#options
    const jobs = this.#jobs
    const isOver = await this.#until(() => jobs.areOver)
    await this.#until(async () =>
      (await this.#bridge.ask('ledger')).every(({ state }) => state !== 'RUNNING')
    )
    const ledger = await this.#bridge.ask('ledger')
    const accounts = settleAccounts(jobs, ledger, this.#simulator, this.#oldTasks)
    if (!isOver) accounts.unaccounted.push('tasks go on')

    await this.#hangUp()
    let after = await this.#bridge.ask('holdings')
    // Pools close idle connections after a while.
    await this.#until(async () => {
      after = await this.#bridge.ask('holdings')
      return leaksOf(before, after).length === 0
    })
    const leaks = leaksOf(before, after)
    const grows = heapLeak(this.#heap)
    if (grows !== undefined) leaks.push(grows)
    const left = await this.#bridge.ask('end')
    for (const [kind, count] of Object.entries(left))
      if (count > (kind === 'Timeout' ? 3 : 12)) leaks.push(`${count} ${kind} after its end`)
    this.#history.close()
    const { count, opened } = this.#simulator.sessions
    const lostLogins = opened - after.logins
    if (count > lostLogins)
      leaks.push(`${count} sessions at the cluster, ${lostLogins} logins whose response was lost`)
    const peace = { reads: this.#inPeace, least: Math.ceil(this.#calmReads * peaceShare) }
    const failedInPeace = [...this.#failedInPeace]
    // Where hardly anything was asked, nothing can fail.
    if (peace.reads < peace.least)
      failedInPeace.push(`only ${peace.reads} reads with no fault near, of at least ${peace.least}`)
    const findings = {
      doubled: accounts.doubled,
      misreported: [...accounts.misreported, ...this.#broken],
      unaccounted: accounts.unaccounted,
      'wrong reads': this.#wrong,
      'failed in peace': failedInPeace,
      leaks,
      recovery: this.#late
    }
    return {
      seed,
      pace,
      faults: this.#troubles.faults,
      traffic: { rest: trafficOf(this.#times.rest), mcp: trafficOf(this.#times.mcp) },
      reads: {
        right: this.#right,
        failed: this.#failed,
        samples: this.#samples,
        inPeace: peace.reads,
        failedInPeace: this.#failedInPeace.length
      },
      writes: { asked: jobs.all.length, ...accounts.counts },
      left: this.#left,
      repeated: this.#repeated,
      recovery: { worst: worstOf(this.#troubles.recoveries), limit: this.#limitMs / 1000 },
      holdings: {
        before,
        after,
        rssMiB: this.#rssMiB.map(Math.round),
        heapKiBPerCall: heapSlope(this.#heap)
      },
      sessions: { left: count, lostLogins },
      findings,
      passed: Object.values(findings).every((found) => found.length === 0)
    }
  }
}
