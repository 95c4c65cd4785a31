import { BridgeError } from '../errors.ts'
import type { WriteResult } from '../hypercore/records.ts'
import type { TaskOutcome } from '../hypercore/tasks.ts'
import type { ToolContext } from './define-tool.ts'
import { progressTeller } from './progress.ts'

/** What every writing tool answers (DESIGN 2.5). */
export interface WriteAnswer {
  taskTag: string
  createdUUID: string
  state: TaskOutcome['state']
  progressPercent: number
  message: string
}

export const defaultWaitSeconds = 20

/** Aborts when the caller is gone or the bridge shuts down, whichever is first. */
const waitingEnds = ({ signal, draining }: ToolContext): AbortSignal =>
  AbortSignal.any([signal, draining])

/** A task that is not finished, for those who wait for it. */
const describeProgress = ({ description, state, progressPercent }: TaskOutcome): string =>
  `${description || 'The task'}: ${state}, ${progressPercent} %`

/**
 * Follows a task for so many seconds, telling the caller how far it is. When the bridge shuts down meanwhile, the last known state is
 * answered at once instead of holding the shutdown up.
 */
export async function followTask(
  context: ToolContext,
  taskTag: string,
  waitSeconds: number
): Promise<TaskOutcome | undefined> {
  const { hypercore, signal, draining } = context
  const teller = progressTeller(context.progress)
  try {
    return await hypercore.tasks.follow(taskTag, {
      waitMs: waitSeconds * 1000,
      signal: waitingEnds(context),
      onProgress: (task) =>
        teller.tell({ percent: task.progressPercent, message: describeProgress(task) })
    })
  } catch (error) {
    if (!draining.aborted || signal.aborted) throw error
    return hypercore.tasks.read(taskTag, signal)
  } finally {
    teller.end()
  }
}

/** What a task's state means and what to do next, in a sentence. */
export function describeTask(task: TaskOutcome): string {
  switch (task.state) {
    case 'COMPLETE':
      return `${task.description || 'The task'}: done`
    case 'ERROR':
      return `${task.description || 'The task'} failed: ${task.message || 'the cluster gave no reason'}`
    case 'UNKNOWN':
      return 'The cluster no longer knows this task: it is finished, its outcome unknown. Read the object to see what holds now'
    default:
      return `${task.description || 'The task'}: still ${task.state}. Call waitTask with taskTag ${task.taskTag}`
  }
}

/**
 * Turns a write's result into the tool's answer, following its task for up to `waitSeconds`.
 * A task that ends in ERROR is an answer, not an exception: the write was accepted.
 * `sentence` is said when the cluster started no task.
 */
export async function writeAnswer(
  context: ToolContext,
  result: WriteResult,
  waitSeconds: number = defaultWaitSeconds,
  sentence = 'Done at once: the cluster started no task'
): Promise<WriteAnswer> {
  const { taskTag, createdUUID } = result
  if (taskTag === '')
    return { taskTag, createdUUID, state: 'COMPLETE', progressPercent: 100, message: sentence }
  const { hypercore, signal } = context
  hypercore.tasks.saw(taskTag)
  const unknown = (reason: string): WriteAnswer => ({
    taskTag,
    createdUUID,
    state: 'UNKNOWN',
    progressPercent: 0,
    message: `The cluster accepted the call as task ${taskTag}, ${reason}. Do not repeat it: call waitTask with this taskTag`
  })
  let task: TaskOutcome | undefined
  try {
    task =
      waitSeconds > 0
        ? await followTask(context, taskTag, waitSeconds)
        : await hypercore.tasks.read(taskTag, signal)
  } catch (error) {
    // The write is done: what fails now must neither hide that nor invite a second one.
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    return unknown(`but its state could not be read (${error.message})`)
  }
  if (task === undefined) return unknown('but shows no such task')
  return {
    taskTag,
    createdUUID,
    state: task.state,
    progressPercent: task.progressPercent,
    message: describeTask(task)
  }
}
