import type { TaskTagStatus } from '../records/records.ts'

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

/** Fills the `%@` slots of a template in order (FACTS 4, S); a slot without a value shows `?`. */
export function formatTemplate(template: string, parameters: readonly string[]): string {
  let next = 0
  return template.replaceAll('%@', () => parameters[next++] ?? '?')
}

/** True once a task will not change any more. */
export function isFinished(outcome: TaskOutcome): boolean {
  return outcome.state !== 'QUEUED' && outcome.state !== 'RUNNING'
}

function stateOf(state: string): TaskOutcome['state'] {
  if (state === 'UNINITIALIZED') return 'ERROR'
  const known = ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR'] as const
  return known.find((name) => name === state) ?? 'UNKNOWN'
}

/** Reads the cluster's record; fields it leaves out are empty. */
export function toOutcome(taskTag: string, record: Partial<TaskTagStatus>): TaskOutcome {
  const state = stateOf(record.state ?? '')
  const description = formatTemplate(
    record.formattedDescription ?? '',
    record.descriptionParameters ?? []
  )
  const said = formatTemplate(record.formattedMessage ?? '', record.messageParameters ?? [])
  const fallback =
    state === 'UNKNOWN'
      ? `The cluster ended the task in a state unknown to the bridge: ${record.state}`
      : record.state === 'UNINITIALIZED'
        ? 'The cluster never started the task'
        : state === 'ERROR'
          ? `The task failed without a message: ${description}`
          : description
  return {
    taskTag,
    state,
    progressPercent: record.progressPercent ?? 0,
    message: said === '' ? fallback : said,
    description,
    objectUUID: record.objectUUID ?? '',
    created: record.created ?? 0,
    modified: record.modified ?? 0,
    completed: record.completed ?? 0,
    nodeUUIDs: record.nodeUUIDs ?? []
  }
}

/**
 * A task the cluster no longer keeps: it finished (FACTS 4, S: clients take it as done), how it
 * ended cannot be found out. `last` is what was last seen of it.
 */
export function forgottenOutcome(taskTag: string, last?: TaskOutcome): TaskOutcome {
  return {
    ...(last ?? toOutcome(taskTag, {})),
    state: 'UNKNOWN',
    message: 'The cluster no longer knows this task: it is finished, its outcome unknown'
  }
}
