import type { FollowOptions, TaskOutcome, Tasks } from './tasks.ts'

/**
 * The cluster's tasks as one call may follow them. Pollers are shared by all callers, so that whether
 * this one may see a task is asked first.
 */
export class CallTasks implements Pick<Tasks, 'read' | 'follow'> {
  readonly #tasks: Pick<Tasks, 'read' | 'follow'>
  readonly #maySee: (taskTag: string, signal?: AbortSignal) => Promise<boolean>

  constructor(
    tasks: Pick<Tasks, 'read' | 'follow'>,
    maySee: (taskTag: string, signal?: AbortSignal) => Promise<boolean>
  ) {
    this.#tasks = tasks
    this.#maySee = maySee
  }

  /** One look. Undefined for an unknown task, or one this caller may not see. */
  async read(taskTag: string, signal?: AbortSignal): Promise<TaskOutcome | undefined> {
    return (await this.#maySee(taskTag, signal)) ? this.#tasks.read(taskTag, signal) : undefined
  }

  /** Follows a task as `Tasks.follow` does. Undefined as in `read`. */
  async follow(taskTag: string, options: FollowOptions): Promise<TaskOutcome | undefined> {
    const isSeen = await this.#maySee(taskTag, options.signal)
    return isSeen ? this.#tasks.follow(taskTag, options) : undefined
  }
}
