import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hashOf as tokenHash, newTokenId, newTokenText } from '../../src/identity/token-record.ts'
import { editTokens } from '../../src/identity/token-store.ts'
import { isRead } from '../../src/hypercore/cluster-api.ts'
import type { VirDomain } from '../../src/hypercore/records/records.ts'
import type { ReceivedCall } from '../../src/simulator/received-call.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { recordIn, verify } from '../src/audit/helper.ts'
import { askOf } from './asks.ts'
import type { BridgeProcess, StartOptions } from './bridge-process.ts'
import { sendCall, sendDecision } from './calls.ts'
import type { Command, Scenario, Way } from './commands.ts'
import type { History, Sent } from './history.ts'
import { entryAtArrival, matchByDoubt, matchByTask } from './matching.ts'
import type { MutantName } from './mutants.ts'
import { RecordFile } from './record-file.ts'
import { exportTargets, firstTags, searchTokens, type SearchToken } from './world.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

export interface RunOptions {
  start: (options: StartOptions) => Promise<BridgeProcess>
  mutant?: MutantName
}

/** How long everything may take to end. */
const settleMs = 20_000
/** Longer than any call waits between two requests. */
const quietMs = 500
/** By itself, a bridge ends what an earlier one has left after half a minute. */
const ownSettleMs = 60_000

const tokenOf = (at: number): SearchToken => searchTokens[at % searchTokens.length] as SearchToken

/** One run: a cluster, a folder of state, and the bridges that follow one another on it. */
class Run {
  readonly #options: RunOptions
  readonly #scenario: Scenario
  readonly #simulator: Simulator
  readonly #folder = mkdtempSync(join(tmpdir(), 'search-'))
  readonly #place = recordIn(this.#folder)
  readonly #record = new RecordFile(this.#place.path)
  readonly #texts = new Map<SearchToken, string>()
  readonly #vms: VirDomain[]
  readonly #flying = new Set<Promise<void>>()
  readonly #later = new Set<NodeJS.Timeout>()
  readonly #oldTasks: Set<string>
  readonly history: History
  #bridge: BridgeProcess | undefined
  #generation = 0
  #offsetMs = 0

  constructor(options: RunOptions, scenario: Scenario, simulator: Simulator) {
    this.#options = options
    this.#scenario = scenario
    this.#simulator = simulator
    const { state, tasks } = simulator.world
    this.#vms = [...state.virDomains.values()]
    this.#oldTasks = new Set(tasks.list().map(({ taskTag }) => taskTag))
    this.history = {
      settings: scenario.settings,
      asks: [],
      sent: [],
      arrivals: [],
      plans: new Map(),
      firstVms: new Set(this.#vms.map(({ uuid }) => uuid)),
      tags: new Map(),
      ended: [],
      crashes: [],
      entries: [],
      tasks: new Map(),
      faults: 0,
      chainProblems: []
    }
    for (const [at, tags] of firstTags.entries()) this.#tag(at, tags)
    simulator.witnesses.add((call) => this.#witness(call))
  }

  async begin(): Promise<void> {
    await editTokens(join(this.#folder, 'tokens.json'), () => ({
      records: searchTokens.slice(1).map((token) => {
        const text = newTokenText()
        this.#texts.set(token, text)
        const { name, scopes, vmTags, state } = token
        return {
          id: newTokenId(),
          name,
          hash: tokenHash(text),
          scopes,
          ...(vmTags && { vmTags }),
          createdAt: '2025-01-01T00:00:00Z',
          ...(state === 'expired' && { expiresAt: '2025-02-01T00:00:00Z' }),
          ...(state === 'revoked' && { revokedAt: '2025-02-01T00:00:00Z' })
        }
      }),
      result: undefined
    }))
    const [operator] = searchTokens
    if (operator !== undefined) this.#texts.set(operator, newTokenText())
    await this.#start()
  }

  async #start(): Promise<void> {
    const { simulator, settings } = { simulator: this.#simulator, ...this.#scenario }
    const [operator] = searchTokens
    const env = {
      MCP_BEARER_TOKEN: this.#texts.get(operator as SearchToken) ?? '',
      MCP_TOKEN_SCOPE: operator?.scopes.join(',') ?? '',
      ...clusterSettings(simulator),
      PORT: '0',
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'info',
      WRITES_PER_MINUTE: String(settings.writesPerMinute),
      SCALE_TOKENS_FILE: join(this.#folder, 'tokens.json'),
      SCALE_STORE: join(this.#folder, 'store'),
      SCALE_SESSION_FILE: join(this.#folder, 'session.json'),
      SCALE_AUDIT_FILE: this.#place.path,
      SCALE_AUDIT_KEY: this.#place.keyPath,
      APPROVAL: settings.approval,
      PROTECTED_TAGS: settings.protectedTags.join(','),
      MAX_TARGETS: String(settings.maxTargets),
      READ_ONLY: String(settings.readOnly),
      EXPORT_TARGETS: exportTargets[0]
    }
    const { start, mutant } = this.#options
    const options = { env, cwd: this.#folder, offsetMs: this.#offsetMs }
    this.#generation += 1
    this.#bridge = await start({ ...options, ...(mutant !== undefined && { mutant }) })
  }

  async step(command: Command): Promise<void> {
    const { faults } = this.#simulator
    switch (command.do) {
      case 'call': {
        const mark = `mark-${this.history.asks.length}`
        const { world } = this.#simulator
        this.history.asks.push(askOf(command.ask, this.#vms, mark, world))
        return this.#send(this.history.asks.length - 1, command)
      }
      case 'repeat':
        return this.#send(this.#newest(this.history.asks.length, command.pick), command)
      case 'redeem': {
        const [id, plan] = this.#planAt(command.pick)
        if (plan === undefined) return
        const ask = command.other ? this.#newest(this.history.asks.length, command.pick) : plan.ask
        const [owner] = plan.askedBy
        const token = searchTokens.findIndex(({ name }) => name === owner)
        const ways = command.own ? command.ways.map((way) => ({ ...way, token })) : command.ways
        return this.#send(ask, { ...command, ways }, id)
      }
      case 'decide':
        return this.#decide(command)
      case 'carry':
        await this.#decide({ ...command, do: 'decide', approve: true })
        return this.step({ ...command, do: 'redeem', own: true, other: false })
      case 'fault':
        this.history.faults += 1
        faults.add(command.fault)
        return
      case 'down': {
        this.history.faults += 1
        const up = faults.add({
          kind: 'node-down',
          node: command.node % this.#simulator.urls.length
        })
        this.#afterwards(up, command.ms)
        return
      }
      case 'crash':
        await sleep(command.afterMs)
        return this.#crash()
      case 'retag':
        this.#tag(command.vm, command.tags)
        return
      case 'sleep':
        this.#offsetMs += command.minutes * 60_000
        if (this.#bridge?.step(this.#offsetMs) === false) this.#offsetMs = 0
        return
      case 'pause':
        await sleep(command.ms)
    }
  }

  /** Waits until nothing is under way any more, and reads what there is. */
  async end(): Promise<History> {
    const { faults, world } = this.#simulator
    await Promise.all(this.#flying)
    faults.clear()
    if (this.#noteEnd()) await this.#crash()
    await this.#settle()
    // What is about to be written is, then.
    if (!(await this.#settleBridge())) await sleep(1000)
    await this.#verify('at the end')
    this.history.entries = this.#record.refresh()
    matchByTask(this.history.entries, this.history.arrivals)
    matchByDoubt(this.history.entries, this.history.arrivals)
    for (const { taskTag, state } of world.tasks.list())
      if (!this.#oldTasks.has(taskTag)) this.history.tasks.set(taskTag, state)
    return this.history
  }

  /**
   * Until all tasks and writes have ended, and nothing has begun for a while: some calls continue
   * by themselves.
   */
  async #settle(): Promise<void> {
    const { tasks } = this.#simulator.world
    let limitMs = settleMs
    let seen = -1
    for (let since = performance.now(), begun = since; performance.now() - begun < limitMs;) {
      const isIdle = tasks.list().every(({ state }) => state !== 'RUNNING' && state !== 'QUEUED')
      const { length } = this.#record.refresh()
      if (!isIdle || this.#openWrites() > 0 || length !== seen) since = performance.now()
      if (performance.now() - since > quietMs) return
      seen = length
      await sleep(100)
      // What the follower does not find by itself within its pauses is left over from a crash.
      if (!(await this.#settleBridge())) limitMs = ownSettleMs
    }
  }

  /** False where the bridge does it in its own time. */
  async #settleBridge(): Promise<boolean> {
    const settled = this.#bridge?.settle()
    if (settled === undefined) return false
    await settled.catch(async (error: unknown) => {
      if (!this.#noteEnd()) throw error
      await this.#crash()
    })
    return true
  }

  async close(): Promise<void> {
    for (const timer of this.#later) clearTimeout(timer)
    await this.#bridge?.kill()
    await this.#simulator.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #openWrites(): number {
    const entries = this.#record.refresh()
    const ended = new Set(
      entries
        .filter(({ kind, state }) => kind === 'outcome' && state !== 'RUNNING')
        .map((entry) => entry['write'])
    )
    return entries.filter(({ kind, id }) => kind === 'write' && !ended.has(id)).length
  }

  /** The newest for 0, the one before it for 1, … */
  #newest(count: number, pick: number): number {
    return count === 0 ? -1 : count - 1 - (pick % count)
  }

  #planAt(pick: number) {
    const { plans } = this.history
    return [...plans][this.#newest(plans.size, pick)] ?? []
  }

  async #send(
    ask: number,
    { ways, goOn }: { ways: readonly Way[]; goOn: boolean },
    plan?: string
  ): Promise<void> {
    if (ask < 0) return
    const all = ways.map((way) => {
      const flying = this.#sendOne(ask, way, plan).finally(() => this.#flying.delete(flying))
      this.#flying.add(flying)
      return flying
    })
    if (!goOn) await Promise.all(all)
  }

  async #sendOne(ask: number, way: Way, plan: string | undefined): Promise<void> {
    const token = tokenOf(way.token)
    const identity = `ask-${ask}-k${way.key}`
    const generation = this.#generation
    const sent: Sent = { ask, identity, token, way, plan, generation, at: performance.now() }
    this.history.sent.push(sent)
    const reply = await sendCall(this.history.asks[ask] as History['asks'][number], way, {
      url: this.#bridge?.url ?? '',
      token: this.#texts.get(token) ?? '',
      client: identity,
      key: way.key === 0 ? undefined : `ask ${ask} key ${way.key}`,
      plan
    })
    sent.reply = reply
    sent.endedAt = performance.now()
    sent.endedBy = Date.now() + this.#offsetMs
    if (reply?.plan === undefined || reply.code !== 'APPROVAL_REQUIRED') return
    const { plans } = this.history
    const known = plans.get(reply.plan) ?? {
      ask,
      askedBy: new Set<string>(),
      generation,
      toldAt: performance.now() + this.#offsetMs,
      decisions: []
    }
    known.askedBy.add(token.name)
    plans.set(reply.plan, known)
  }

  async #decide({ pick, token, approve }: Command & { do: 'decide' }): Promise<void> {
    const [id, plan] = this.#planAt(pick)
    if (id === undefined || plan === undefined) return
    const by = tokenOf(token)
    const decision: (typeof plan.decisions)[number] = {
      by,
      approve,
      at: performance.now(),
      generation: this.#generation,
      reply: undefined
    }
    plan.decisions.push(decision)
    const verb = approve ? 'approve' : 'deny'
    const url = this.#bridge?.url ?? ''
    decision.reply = await sendDecision(url, this.#texts.get(by) ?? '', id, verb)
  }

  async #crash(): Promise<void> {
    this.#noteEnd()
    await this.#bridge?.kill()
    const now = { at: performance.now(), by: Date.now() + this.#offsetMs }
    this.history.crashes.push({ ...now, generation: this.#generation })
    await this.#start()
    await this.#verify(`after crash ${this.history.crashes.length}`)
  }

  /** Notes a bridge that has ended before it was killed. */
  #noteEnd(): boolean {
    const hasEnded = this.#bridge?.hasEnded() === true
    if (hasEnded && !this.history.ended.includes(this.#generation))
      this.history.ended.push(this.#generation)
    return hasEnded
  }

  async #verify(when: string): Promise<void> {
    // A bridge that was killed before its first entry has left none.
    if (!existsSync(this.#place.path) || this.#record.refresh().length === 0) return
    const { problems } = await verify(this.#place)
    for (const { file, line, kind, message } of problems)
      this.history.chainProblems.push(
        `${when}: ${kind} at ${file.slice(dirname(this.#place.path).length + 1)}:${line}: ${message}`
      )
  }

  #tag(at: number, tags: string): void {
    const vm = this.#vms[at]
    if (vm === undefined) return
    vm.tags = tags
    this.#noteTags()
  }

  /** Tags as they are, of VMs that were created meanwhile, too. */
  #noteTags(): void {
    const now = performance.now()
    for (const { uuid, tags } of this.#simulator.world.state.virDomains.values()) {
      const known = this.history.tags.get(uuid) ?? []
      if (known.at(-1)?.tags !== tags) known.push({ at: now, tags })
      this.history.tags.set(uuid, known)
    }
  }

  /** What the cluster carries out, and what stands in the record at that moment. */
  #witness(call: ReceivedCall): void {
    this.#noteTags()
    if (isRead(call.method as 'POST', call.path) || /^\/log(in|out)$/.test(call.path)) return
    const { arrivals } = this.history
    const entry = entryAtArrival(this.#record.refresh(), arrivals, call)
    arrivals.push({
      call,
      at: performance.now(),
      offsetMs: this.#offsetMs,
      generation: this.#generation,
      touched: this.#touched(`${call.path} ${JSON.stringify(call.body) ?? ''}`),
      entry
    })
  }

  /** VMs that are named, or whose disks, NICs or snapshots are. */
  #touched(text: string): string[] {
    const { virDomains, snapshots } = this.#simulator.world.state
    const own = (vm: VirDomain): string[] => [
      vm.uuid,
      ...[...vm.blockDevs, ...vm.netDevs].map(({ uuid }) => uuid),
      ...[...snapshots.values()]
        .filter(({ domainUUID }) => domainUUID === vm.uuid)
        .map(({ uuid }) => uuid)
    ]
    return [...virDomains.values()]
      .filter((vm) => own(vm).some((uuid) => text.includes(uuid)))
      .map(({ uuid }) => uuid)
  }

  #afterwards(work: () => void, ms: number): void {
    const timer = setTimeout(() => {
      this.#later.delete(timer)
      work()
    }, ms)
    this.#later.add(timer)
  }
}

/** Plays a scenario through and returns all that happened. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<History> {
  const { nodes, overlappingWrites, sessions } = scenario.settings
  const simulator = await startSimulator({
    nodes,
    vms: firstTags.length,
    speed: 200,
    overlappingWrites,
    sessions
  })
  const run = new Run(options, scenario, simulator)
  try {
    await run.begin()
    for (const command of scenario.commands) await run.step(command)
    return await run.end()
  } finally {
    await run.close()
  }
}
