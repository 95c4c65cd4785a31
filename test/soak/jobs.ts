import type { TaskTagStatus, WriteResult } from '../../src/hypercore/records/records.ts'
import type { Random } from '../../src/simulator/random.ts'
import type { ReceivedCall } from '../../src/simulator/received-call.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Reply } from './callers.ts'

/** The outcome that a caller got in the end for what it asked for. */
export type Told = 'done' | 'failed' | 'unknown' | 'refused'

export const jobTools = [
  'snapshotVM',
  'cloneVM',
  'createVM',
  'updateVM',
  'deleteVM',
  'delete_snapshotVM'
] as const
export type JobTool = (typeof jobTools)[number]

/** One thing that was asked for, however often it was. */
export interface Job {
  tool: JobTool
  args: Record<string, unknown>
  /** Nothing else in the cluster has it: label, name, description, or the uuid that is deleted. */
  mark: string
  /** The VM that it is about; of a new one, once it is known. */
  vmUUID: string
  told: Told[]
  /** How often it was asked for. */
  calls: number
  askedAt: number
  /** When it was reported as done. */
  doneAt?: number
  createdUUID?: string
  /** Requests to the cluster that carry it out. */
  arrivals: ReceivedCall[]
}

const unsure = new Set(['OUTCOME_UNKNOWN', 'CALLER_GONE', 'CLUSTER_TIMEOUT', 'NO_RESPONSE'])

/** Reads a response as a careful caller does. */
export function toldBy({ value, code }: Reply, { tool }: Job): Told {
  if (value?.state === 'COMPLETE') return 'done'
  if (value?.state === 'ERROR') return 'failed'
  if (value !== undefined) return 'unknown'
  // What is not found may have been deleted by the first call.
  if (code === 'NOT_FOUND' && tool.startsWith('delete')) return 'unknown'
  return unsure.has(code ?? '') ? 'unknown' : 'refused'
}

/** Whether the caller has to ask again. */
export const isInProgress = ({ value, code }: Reply): boolean =>
  value === undefined ? code === 'VM_BUSY' : /^(?:RUNNING|QUEUED)$/.test(String(value.state))

/** The most VMs and snapshots that the soak keeps, so that a long run does not grow the cluster. */
const [maxVms, maxSnapshots] = [25, 60]

/** What is asked of the cluster, and what the cluster did of it. */
export class Jobs {
  readonly all: Job[] = []
  readonly #simulator: Simulator
  readonly #random: Random
  readonly #vms: readonly string[]
  readonly #byMark = new Map<string, Job>()
  /** Also those that the cluster has forgotten. */
  readonly #tasks = new Map<string, TaskTagStatus>()
  readonly #deletable: Job[] = []

  /** @param vms that are there for good */
  constructor(simulator: Simulator, vms: readonly string[], random: Random) {
    this.#simulator = simulator
    this.#random = random
    this.#vms = vms
    simulator.witnesses.add((call) => this.#witness(call))
    const { tasks } = simulator.world
    const forget = tasks.forget.bind(tasks)
    tasks.forget = (taskTag) => {
      const task = tasks.get(taskTag)
      if (task !== undefined) this.#tasks.set(taskTag, task)
      forget(taskTag)
    }
  }

  /** Something that was not asked for before. */
  next(): Job {
    const mark = `soak-${this.all.length}`
    const vmUUID = this.#random.pick(this.#vms)
    const { tool, victim } = this.#choose()
    const target = victim?.createdUUID ?? ''
    const args = {
      snapshotVM: { vmUUID, label: mark },
      cloneVM: { vmUUID, name: mark },
      createVM: { name: mark, mem: 2 ** 30 },
      updateVM: { vmUUID, description: mark },
      deleteVM: { vmUUID: target },
      delete_snapshotVM: { snapUUID: target }
    }[tool]
    const isDelete = victim !== undefined
    const job: Job = {
      tool,
      args: { ...args, wait: 20 },
      mark: isDelete ? target : mark,
      vmUUID: isDelete ? victim.vmUUID : vmUUID,
      told: [],
      calls: 0,
      askedAt: performance.now(),
      arrivals: []
    }
    this.all.push(job)
    this.#byMark.set(job.mark, job)
    return job
  }

  /** Notes the outcome that a caller got in the end. */
  tell(job: Job, told: Told, createdUUID: string | undefined): void {
    job.told.push(told)
    if (told !== 'done') return
    if (job.doneAt === undefined && createdUUID) {
      job.createdUUID = createdUUID
      this.#deletable.push(job)
    }
    job.doneAt ??= performance.now()
  }

  /** The last job that deletes what a job has created. */
  deletionOf({ createdUUID }: Job): Job | undefined {
    return createdUUID === undefined ? undefined : this.#byMark.get(createdUUID)
  }

  #choose(): { tool: JobTool; victim?: Job } {
    const full = (tools: readonly JobTool[], most: number): Job | undefined => {
      const own = this.#deletable.filter(({ tool }) => tools.includes(tool))
      return own.length > most || (own.length > 3 && this.#random.chance(0.08)) ? own[0] : undefined
    }
    const snapshot = full(['snapshotVM'], maxSnapshots)
    const vm = full(['cloneVM', 'createVM'], maxVms)
    const victim = snapshot ?? vm
    if (victim !== undefined) {
      this.#deletable.splice(this.#deletable.indexOf(victim), 1)
      return { tool: victim === snapshot ? 'delete_snapshotVM' : 'deleteVM', victim }
    }
    return {
      tool: this.#random.pick([
        'snapshotVM',
        'snapshotVM',
        'cloneVM',
        'createVM',
        'updateVM',
        'updateVM'
      ])
    }
  }

  #witness(call: ReceivedCall): void {
    const { method, path, body } = call
    if (method === 'GET') return
    const mark =
      method === 'DELETE'
        ? path.split('/').at(-1)
        : /"(soak-\d+)"/.exec(JSON.stringify(body ?? ''))?.[1]
    this.#byMark.get(mark ?? '')?.arrivals.push(call)
  }

  /** How often the cluster did what a job asks for. */
  effects({ arrivals }: Job): number {
    return arrivals.filter(({ result }) => this.taskOf(result)?.state === 'COMPLETE').length
  }

  /**
   * How often it may have been done at most: a change of a field has the same effect when sent
   * twice, so a caller that asks again may have it carried out again.
   */
  mostEffects({ tool, calls }: Job): number {
    return tool === 'updateVM' ? calls : 1
  }

  /** The task of what the cluster took. */
  taskOf(result: unknown): TaskTagStatus | undefined {
    const { taskTag = '' } = (result ?? {}) as Partial<WriteResult>
    return this.#tasks.get(taskTag) ?? this.#simulator.world.tasks.get(taskTag)
  }

  /** Whether none of their tasks is still in progress. */
  get areOver(): boolean {
    const stillRuns = (result: unknown): boolean =>
      /^(?:RUNNING|QUEUED)$/.test(this.taskOf(result)?.state ?? '')
    return this.all.every(({ arrivals }) => !arrivals.some(({ result }) => stillRuns(result)))
  }
}
