import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { Random } from '../../src/simulator/random.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

/*
 * Calls at a steady rate while the way to the cluster fails at random: callers leave in the middle,
 * repeat what they asked for, or ask for it twice at once. In the end every write is held against what
 * the cluster has done: once at most, and what the caller was told is true.
 */

type Owner = Parameters<typeof startTestBridge>[0]

export interface SoakOptions {
  seconds: number
  callsPerSecond: number
  seed: number
}

/** How often each fault strikes a call that it fits, of those on a network and in a cluster. */
const faults: Fault[] = [
  { kind: 'reset-before', probability: 0.01 },
  { kind: 'reset-after', probability: 0.02 },
  { kind: 'hang-after', method: 'POST', probability: 0.005 },
  { kind: 'slow-after', ms: 400, probability: 0.03 },
  { kind: 'json-error', status: 503, probability: 0.01 },
  { kind: 'json-error', status: 504, executed: true, probability: 0.01 },
  { kind: 'html-error', status: 502, probability: 0.01 },
  { kind: 'no-body', probability: 0.01 },
  { kind: 'truncated-json', probability: 0.01 },
  { kind: 'drop-sessions', probability: 0.01 },
  { kind: 'fail-task', method: 'POST', probability: 0.03 }
]

/** What a caller was told in the end of what it asked for. */
type Told = 'done' | 'failed' | 'unknown' | 'refused'

/** One thing that was asked for, however often it was. */
interface Job {
  tool: 'snapshotVM' | 'cloneVM' | 'createVM'
  args: Record<string, unknown>
  /** Label or name: nothing else in the cluster has it. */
  mark: string
  told: Told[]
}

/** What a run comes to; zero but for the counts of calls. */
export interface SoakReport {
  calls: number
  writes: number
  left: number
  /** Of the writes, those that the callers were told of in these words. */
  told: Record<Told, number>
  doubled: string[]
  misreported: string[]
  unaccounted: string[]
  /** Responses that are none: 500, or no JSON. */
  broken: string[]
}

const unsure = new Set(['OUTCOME_UNKNOWN', 'CALLER_GONE', 'CLUSTER_TIMEOUT'])

/** Reads a response as a careful caller does. */
function toldBy(status: number, body: { state?: string; error?: { code: string } }): Told {
  if (status === 200 && body.state === 'COMPLETE') return 'done'
  if (status === 200 && body.state === 'ERROR') return 'failed'
  if (status === 200) return 'unknown'
  return unsure.has(body.error?.code ?? '') ? 'unknown' : 'refused'
}

class Soak {
  readonly #bridge: TestBridge
  readonly #random: Random
  readonly #jobs: Job[] = []
  readonly #vms: string[]
  /** Tags of tasks that were there before. */
  readonly #old: Set<string>
  readonly report: SoakReport = {
    calls: 0,
    writes: 0,
    left: 0,
    told: { done: 0, failed: 0, unknown: 0, refused: 0 },
    doubled: [],
    misreported: [],
    unaccounted: [],
    broken: []
  }

  constructor(bridge: TestBridge, seed: number) {
    this.#bridge = bridge
    this.#random = new Random(seed)
    this.#old = new Set(bridge.simulator.world.tasks.list().map(({ taskTag }) => taskTag))
    this.#vms = [...bridge.simulator.world.state.virDomains.values()].map(({ uuid }) => uuid)
  }

  /** One call that was not asked for before. */
  async step(): Promise<void> {
    if (this.#random.chance(0.6)) return this.#read()
    const job = this.#newJob()
    this.#jobs.push(job)
    this.report.writes++
    const way = this.#random.int(0, 9)
    // Leaves, and asks again; asks twice at once; or waits as it should.
    if (way < 3) {
      await this.#post(job, AbortSignal.timeout(this.#random.int(5, 400)))
      await this.#settle(job)
    } else if (way < 5) await Promise.all([this.#settle(job), this.#settle(job)])
    else await this.#settle(job)
  }

  #newJob(): Job {
    const mark = `soak-${this.#jobs.length}`
    const tool = this.#random.pick(['snapshotVM', 'snapshotVM', 'cloneVM', 'createVM'] as const)
    const vmUUID = this.#random.pick(this.#vms)
    const args = {
      snapshotVM: { vmUUID, label: mark },
      cloneVM: { vmUUID, name: mark },
      createVM: { name: mark, mem: 2 ** 30 }
    }[tool]
    return { tool, args: { ...args, wait: 20 }, mark, told: [] }
  }

  async #read(): Promise<void> {
    const [tool, args] = this.#random.pick([
      ['vm_read', { limit: 5 }],
      ['node_read', {}],
      ['getVM_details', { vmUUID: this.#random.pick(this.#vms) }],
      ['taskTagStatus_read', { limit: 5 }]
    ] as const)
    const { status, text } = await this.#bridge.call(tool, args)
    this.report.calls++
    if (status === 500) this.report.broken.push(`${tool}: ${text}`)
  }

  /** Asks until there is a last word, as a caller does that was told to call again. */
  async #settle(job: Job): Promise<void> {
    for (let i = 0; i < 6; i++) {
      const told = await this.#post(job)
      if (told === undefined || told.again) continue
      job.told.push(told.told)
      return
    }
    job.told.push('unknown')
  }

  /** Undefined where the caller has left. */
  async #post(
    { tool, args }: Job,
    signal?: AbortSignal
  ): Promise<{ told: Told; again: boolean } | undefined> {
    const { url, token } = this.#bridge
    this.report.calls++
    try {
      const { statusCode, body } = await request(`${url}/${tool}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(args),
        ...(signal && { signal })
      })
      const text = await body.text()
      if (statusCode === 500) this.report.broken.push(`${tool}: ${text}`)
      const response = JSON.parse(text) as { state?: string; error?: { code: string } }
      const goesOn = statusCode === 200 && /^(?:RUNNING|QUEUED)$/.test(response.state ?? '')
      return {
        told: toldBy(statusCode, response),
        again: goesOn || response.error?.code === 'VM_BUSY'
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error
      this.report.left++
      return undefined
    }
  }

  /** How often the cluster did what a job asks for. */
  #effects({ mark }: Job): number {
    const { virDomains, snapshots } = this.#bridge.simulator.world.state
    return (
      [...virDomains.values()].filter(({ name }) => name === mark).length +
      [...snapshots.values()].filter(({ label }) => label === mark).length
    )
  }

  /** Holds what was told against what was done, once nothing runs any more. */
  async settleAccounts(): Promise<SoakReport> {
    const { report } = this
    for (const job of this.#jobs) {
      const effects = this.#effects(job)
      const last = job.told.at(-1) ?? 'unknown'
      report.told[last]++
      const what = `${job.tool} ${job.mark}: ${effects} times, told ${job.told.join(', ')}`
      if (effects > 1) report.doubled.push(what)
      const isTrue = job.told.every(
        (told) =>
          told === 'unknown' || (told === 'done' ? effects === 1 : effects === 0 || last === 'done')
      )
      if (!isTrue) report.misreported.push(what)
    }
    const writes = await this.#bridge.app.ledger.writes()
    for (const { id, method, path, state } of writes)
      if (state === 'SENDING' || state === 'RUNNING')
        report.unaccounted.push(`${method} ${path}, entry ${id}, is ${state}`)
    const entered = new Set(writes.map(({ taskTag }) => taskTag))
    const unknown = writes.filter(({ state }) => state === 'UNKNOWN').length
    const tasks = this.#bridge.simulator.world.tasks.list()
    const strangers = tasks.filter(
      ({ taskTag }) => !this.#old.has(taskTag) && !entered.has(taskTag)
    )
    // The cluster began those whose response was lost: each has an entry that says so.
    if (strangers.length > unknown)
      report.unaccounted.push(
        `${strangers.length} tasks without an entry, ${unknown} entries UNKNOWN: ${strangers.map((task) => `${task.taskTag} ${task.formattedDescription} ${task.descriptionParameters.join(' ')}`).join('; ')}`
      )
    return report
  }
}

/** Runs for so long, then waits until all tasks have ended. */
export async function soak(owner: Owner, options: SoakOptions): Promise<SoakReport> {
  const { seconds, callsPerSecond, seed } = options
  const bridge = await startTestBridge(owner, {
    simulator: { nodes: 3, vms: 40, seed, overlappingWrites: 'fail', taskRetentionSeconds: 1e6 },
    cluster: { timeouts: { headersMs: 2000, firstByteMs: 8000 } },
    timings: { followMs: 200 }
  })
  const run = new Soak(bridge, seed)
  await bridge.call('vm_read')
  const { tasks } = bridge.simulator.world
  for (const fault of faults) bridge.simulator.faults.add({ ...fault, seed })
  const running = new Set<Promise<void>>()
  const startedAt = performance.now()
  for (let i = 0; i < seconds * callsPerSecond; i++) {
    const step = run.step().finally(() => running.delete(step))
    running.add(step)
    const next = startedAt + ((i + 1) / callsPerSecond) * 1000
    await sleep(Math.max(0, next - performance.now()))
  }
  await Promise.all(running)
  bridge.simulator.faults.clear()
  const isIdle = async (): Promise<boolean> =>
    tasks.list().every(({ state }) => state !== 'RUNNING' && state !== 'QUEUED') &&
    (await bridge.app.ledger.writes()).every(({ state }) => state !== 'RUNNING')
  for (let i = 0; i < 300 && !(await isIdle()); i++) await sleep(100)
  return run.settleAccounts()
}
