/** A task as a caller may see it; the session that started it is left out. */
export interface TaskOutcome {
  taskTag: string
  /**
   * UNINITIALIZED counts as ERROR (FACTS 4, S). UNKNOWN: finished, but the cluster no longer keeps
   * the task or names a state we do not know.
   */
  state: 'QUEUED' | 'RUNNING' | 'COMPLETE' | 'ERROR' | 'UNKNOWN'
  progressPercent: number
  /** The error, or else what the task does, slots filled. */
  message: string
  /** What the task does, slots filled; `""` when not known. */
  description: string
  objectUUID: string
  /** Unix seconds; 0 when not known. */
  created: number
  modified: number
  /** Unix seconds; 0 until the task is finished. */
  completed: number
  nodeUUIDs: string[]
}

/** How a task is followed. */
export interface FollowOptions {
  /** Longest wait; then the last state is answered. 0 looks once. */
  waitMs: number
  signal?: AbortSignal
  /** Called with the first state and each change of state, progress or message. */
  onProgress?: (outcome: TaskOutcome) => void
}

/** Fills the `%@` slots of a template in order (FACTS 4, S); a slot without a value shows `?`. */
export function formatTemplate(template: string, parameters: readonly string[]): string {
  let next = 0
  return template.replaceAll('%@', () => parameters[next++] ?? '?')
}

/** True once a task will not change any more. */
export function isFinished(outcome: TaskOutcome): boolean {
  return outcome.state !== 'QUEUED' && outcome.state !== 'RUNNING'
}

export class Tasks {
  /** Notes a tag this bridge has seen, so that a forgotten one is "finished" and not unknown. */
  saw(_taskTag: string): void {}

  /** One look. Undefined when neither the cluster nor this bridge knows the tag. */
  async read(_taskTag: string, _signal?: AbortSignal): Promise<TaskOutcome | undefined> {
    throw new Error('being written')
  }

  /**
   * Follows a task until it is finished or `waitMs` ran out; then the last state is answered. All
   * followers of a task share one poller. Undefined as in `read`.
   */
  async follow(_taskTag: string, _options: FollowOptions): Promise<TaskOutcome | undefined> {
    throw new Error('being written')
  }
}
