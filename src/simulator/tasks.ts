import type { TaskTagStatus } from '../hypercore/records/records.ts'
import type { Clock } from './clock.ts'

/** Ends a task in ERROR; `message` may hold `%@` slots for the parameters (FACTS 4). */
export class TaskFailure extends Error {
  readonly parameters: string[]

  constructor(message: string, parameters: string[] = []) {
    super(message)
    this.parameters = parameters
  }
}

/** It fails, or stops halfway for this many ms of real time. */
export type TaskFate = TaskFailure | { stuckMs: number }

export interface TaskPlan {
  /** For example `Start Virtual Machine %@`. */
  description: string
  parameters: string[]
  objectUUID: string
  sessionID: string
  nodeUUIDs?: string[]
  /** Milliseconds of cluster time between RUNNING and the end. */
  durationMs: number
  /**
   * Objects that only one task at a time may change: a later one stays QUEUED until they are free
   * (FACTS 4.2). Usually the VM's uuid.
   */
  locks: string[]
  /** Called when the task begins to run: in-between states such as uiState STARTING. */
  begin?: () => void
  /** Called at the end: the effects. A thrown TaskFailure ends the task in ERROR. */
  finish: () => void
  /** Called when the task ends in ERROR: undoes what `begin` did. */
  undo?: () => void
  /** Called with the embedded copy whenever the record changes (VirDomain.latestTaskTag). */
  publish?: (task: TaskTagStatus) => void
}

interface Job {
  plan: TaskPlan
  record: TaskTagStatus
  /** False until begin was called. */
  running: boolean
}

/** A task record of an object that never had one (FACTS 4, I). */
export const noTask = (): TaskTagStatus => ({
  taskTag: '',
  progressPercent: 0,
  state: 'UNINITIALIZED',
  formattedDescription: '',
  descriptionParameters: [],
  formattedMessage: '',
  messageParameters: [],
  objectUUID: '',
  created: 0,
  modified: 0,
  completed: 0,
  sessionID: '',
  nodeUUIDs: []
})

/** Parameters that name a uuid show its first 8 characters (FACTS 4, O). */
export const shortUuid = (uuid: string): string => uuid.slice(0, 8)

const queuedMs = 100
const progressSteps = 10
const stuckAt = 6

/**
 * The cluster's tasks: QUEUED, RUNNING with rising progress, then COMPLETE or ERROR. Effects appear
 * when a task ends, not when it was asked for.
 */
export class Tasks {
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #records = new Map<string, TaskTagStatus>()
  #waiting: Job[] = []
  readonly #locked = new Set<string>()
  #nextTag = 101
  #unfinished = 0
  /** Set by the fault injection: what a task that begins shall come to. */
  fateOf: (taskTag: string) => TaskFate | undefined = () => undefined

  constructor(clock: Clock, retentionSeconds: number) {
    this.#clock = clock
    this.#retentionMs = retentionSeconds * 1000
  }

  /** Whether no task waits or runs. */
  get isIdle(): boolean {
    return this.#unfinished === 0
  }

  list(): TaskTagStatus[] {
    return [...this.#records.values()]
  }

  get(taskTag: string): TaskTagStatus | undefined {
    return this.#records.get(taskTag)
  }

  /** Drops a task from the list, as one that ended long ago; it continues. */
  forget(taskTag: string): void {
    this.#records.delete(taskTag)
  }

  /** True while a task that changes the object is queued or runs. */
  isLocked(uuid: string): boolean {
    return this.#locked.has(uuid) || this.#waiting.some((job) => job.plan.locks.includes(uuid))
  }

  /**
   * Gives a finished record its tag and puts it into the history, for the inventory. One that is no
   * longer kept lives on only in its object's latestTaskTag.
   */
  remember(record: Omit<TaskTagStatus, 'taskTag'>, kept = true): TaskTagStatus {
    const task = { ...record, taskTag: String(this.#nextTag++) }
    if (kept) this.#records.set(task.taskTag, task)
    return task
  }

  /** Accepts a task and returns its tag; it begins when its locks are free. */
  start(spec: TaskPlan): string {
    const now = this.#clock.seconds()
    const record: TaskTagStatus = {
      ...noTask(),
      taskTag: String(this.#nextTag++),
      state: 'QUEUED',
      formattedDescription: spec.description,
      descriptionParameters: spec.parameters,
      objectUUID: spec.objectUUID,
      created: now,
      modified: now,
      sessionID: spec.sessionID,
      nodeUUIDs: spec.nodeUUIDs ?? []
    }
    this.#records.set(record.taskTag, record)
    this.#unfinished += 1
    this.#waiting.push({ plan: spec, record, running: false })
    spec.publish?.(record)
    this.#clock.after(queuedMs, () => this.#dispatch())
    return record.taskTag
  }

  #dispatch(): void {
    const taken = new Set(this.#locked)
    const ready: Job[] = []
    const waiting: Job[] = []
    for (const job of this.#waiting) {
      const free = job.plan.locks.every((uuid) => !taken.has(uuid))
      for (const uuid of job.plan.locks) taken.add(uuid)
      ;(free ? ready : waiting).push(job)
    }
    this.#waiting = waiting
    for (const job of ready) for (const uuid of job.plan.locks) this.#locked.add(uuid)
    for (const job of ready) this.#run(job)
  }

  #run(job: Job): void {
    this.#update(job, { state: 'RUNNING' })
    const fate = this.fateOf(job.record.taskTag)
    if (!this.#attempt(job, () => job.plan.begin?.())) return
    job.running = true
    const step = (done: number): void => {
      if (!(fate instanceof TaskFailure) && fate !== undefined && done === stuckAt) {
        if (fate.stuckMs === Infinity) return
        this.#clock.afterReal(fate.stuckMs, () => step(done + 1))
        return
      }
      if (done < progressSteps) {
        this.#update(job, { progressPercent: Math.round((100 * done) / progressSteps) })
        this.#clock.after(job.plan.durationMs / progressSteps, () => step(done + 1))
        return
      }
      const end = (): void => {
        if (fate instanceof TaskFailure) throw fate
        job.plan.finish()
      }
      if (this.#attempt(job, end)) this.#end(job, { state: 'COMPLETE', progressPercent: 100 })
    }
    step(0)
  }

  #attempt(job: Job, action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof TaskFailure)) throw error
      if (job.running) job.plan.undo?.()
      this.#end(job, {
        state: 'ERROR',
        formattedMessage: error.message,
        messageParameters: error.parameters
      })
      return false
    }
  }

  #end(job: Job, change: Partial<TaskTagStatus>): void {
    this.#update(job, { ...change, completed: this.#clock.seconds() })
    this.#unfinished -= 1
    for (const uuid of job.plan.locks) this.#locked.delete(uuid)
    this.#clock.afterReal(this.#retentionMs, () => this.#records.delete(job.record.taskTag))
    this.#dispatch()
  }

  #update(job: Job, change: Partial<TaskTagStatus>): void {
    Object.assign(job.record, change, { modified: this.#clock.seconds() })
    job.plan.publish?.(job.record)
  }
}
