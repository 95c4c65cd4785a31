import { BridgeError } from '../../lib/errors.ts'
import type { WriteResult } from '../../hypercore/records.ts'
import { isFinished, type TaskOutcome } from '../../hypercore/tasks/tasks.ts'
import type { ToolContext } from '../define-tool.ts'
import { formatElapsed, createProgressReporter, type Step } from './progress.ts'
import type { StartedTask, TaskAdvice, TaskWords } from './started-tasks.ts'
import type { WriteResponse } from '../schemas.ts'

/** The answer where there is nothing, or nothing more, to wait for. */
export const completedWithoutTask = (message: string, createdUUID = ''): WriteResponse => ({
  taskTag: '',
  createdUUID,
  state: 'COMPLETE',
  progressPercent: 100,
  message
})

export const defaultWaitSeconds = 20

/** What a task that goes on is told to be waited for: many clients give up on a call after 60 s. */
export const nextWaitSeconds = 45

/**
 * What to do when a task of this tool failed, or when nobody knows how it ended.
 * @param look the tool that shows what holds now
 */
export const tryAgain = (tool: string, look: string): TaskAdvice => ({
  failed: `Mend what it names, then call ${tool} again; ${look} shows what holds now`,
  unknown: `${look} shows what holds now`
})

/** The same for a task of which nothing but the cluster's record is known. */
const generalAdvice: TaskAdvice = {
  failed: 'Mend what it names, and make the call that started it again',
  unknown: 'getVM_details shows what holds now for a VM, vmSnapshots_read for its snapshots'
}

/** What to do with a VM that was just made. */
export const newVmIsOff = 'It is off: changeVM_state with START starts it'

/** The same words without the signs that would end a sentence twice. */
const withoutEnd = (text: string): string => text.replace(/[.\s]+$/, '')

const sentences = (...parts: (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join('. ')

const subjectOf = (task: TaskOutcome, words: TaskWords | undefined): string =>
  words?.subject ?? (task.description || `Task ${task.taskTag}`)

/**
 * How far a task is, for who waits: `Snapshot "before" of VM web-01: 40 % (task 123)`. Whoever gives
 * up on the call still has the tag to go on with, and need not call a second time.
 */
function stepOf(task: TaskOutcome, words: TaskWords | undefined): Step {
  const subject = subjectOf(task, words)
  const { taskTag, state, progressPercent: percent } = task
  if (state === 'COMPLETE') return { percent: 100, message: words?.done ?? `${subject}: done` }
  if (state === 'ERROR') return { percent, message: `${subject}: failed` }
  if (state === 'UNKNOWN') return { percent, message: `${subject}: finished, outcome unknown` }
  const far = state === 'QUEUED' ? 'queued' : `${percent} %`
  return { percent, message: `${subject}: ${far} (task ${taskTag})` }
}

/** The last that is said to a person who waited: a task that goes on is not done. */
function lastStep(task: TaskOutcome, words: TaskWords | undefined): Step {
  const step = stepOf(task, words)
  return isFinished(task) ? step : { ...step, message: `${step.message}, it goes on` }
}

/**
 * Follows a task for so many seconds, telling the caller how far it is. When the bridge shuts down
 * meanwhile, the last known state is answered at once instead of holding the shutdown up.
 */
export async function followTask(
  context: ToolContext,
  taskTag: string,
  waitSeconds: number
): Promise<TaskOutcome | undefined> {
  const { hypercore, signal, draining } = context
  const started = context.startedTasks.get(taskTag)
  const reporter = createProgressReporter(context, started?.since)
  let last: TaskOutcome | undefined
  try {
    last = await hypercore.tasks.follow(taskTag, {
      waitMs: waitSeconds * 1000,
      signal: AbortSignal.any([signal, draining]),
      onProgress(task) {
        last = task
        if (!isFinished(task)) reporter.report(stepOf(task, started?.words))
      }
    })
    return last
  } catch (error) {
    if (!draining.aborted || signal.aborted) throw error
    return (last ??= await hypercore.tasks.read(taskTag, signal))
  } finally {
    reporter.end(last && !signal.aborted ? lastStep(last, started?.words) : undefined)
  }
}

/** What was created, and what can be done with it. */
const describeMade = (
  done: string,
  { createdUUID, words }: Pick<StartedTask, 'createdUUID' | 'words'>
): string => sentences(createdUUID === '' ? done : `${done}: uuid ${createdUUID}`, words?.next)

/**
 * What a task's state means and what to do next, in a sentence or two.
 * @param started what this bridge knows of it, if it started it
 */
export function describeTask(task: TaskOutcome, started?: StartedTask): string {
  const { taskTag, state, progressPercent } = task
  const words = started?.words
  const subject = subjectOf(task, words)
  const advice = words?.advice ?? generalAdvice
  switch (state) {
    case 'COMPLETE':
      return describeMade(words?.done ?? `${subject}: done`, started ?? { createdUUID: '' })
    case 'ERROR':
      return sentences(
        `${subject} failed: ${withoutEnd(task.message) || 'the cluster gave no reason'}`,
        advice.failed
      )
    case 'UNKNOWN':
      return sentences(
        words === undefined ? undefined : subject,
        task.message,
        started && started.createdUUID !== '' ? `Its uuid is ${started.createdUUID}` : undefined,
        advice.unknown
      )
    default: {
      const after = started ? ` after ${formatElapsed(Date.now() - started.since)}` : ''
      return `${subject} is ${state}, ${progressPercent} %${after}. Call waitTask with taskTag ${taskTag} and wait ${nextWaitSeconds}`
    }
  }
}

/** The words with the name of the new VM, which nobody chose: it is asked for. */
async function named(
  { hypercore, signal }: ToolContext,
  started: StartedTask
): Promise<StartedTask> {
  const { words, createdUUID } = started
  if (words === undefined || words.done !== undefined || createdUUID === '') return started
  let name: string | undefined
  try {
    name = (await hypercore.record('/VirDomain', createdUUID, { signal }))?.name
  } catch (error) {
    // The VM is made, whether it can be read now or not.
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
  }
  return { ...started, words: { ...words, done: `Created ${name ? `VM ${name}` : 'a VM'}` } }
}

/** The answer about a task in the state it was last seen in. */
export async function taskResponse(
  context: ToolContext,
  task: TaskOutcome
): Promise<WriteResponse> {
  const { taskTag, state, progressPercent } = task
  const known = context.startedTasks.get(taskTag)
  const started = known && state === 'COMPLETE' ? await named(context, known) : known
  return {
    taskTag,
    // What failed to be made is not there to be used.
    createdUUID: state === 'ERROR' ? '' : (started?.createdUUID ?? ''),
    state,
    progressPercent,
    message: describeTask(task, started)
  }
}

/**
 * Turns a write's result into the tool's answer, following its task for up to `waitSeconds`.
 * A task that ends in ERROR is an answer, not an exception: the write was accepted.
 * @param words how the tool speaks of what it does; without them the cluster's description is used
 */
export async function writeResponse(
  context: ToolContext,
  result: WriteResult,
  waitSeconds: number = defaultWaitSeconds,
  words?: TaskWords
): Promise<WriteResponse> {
  const { taskTag, createdUUID } = result
  const started: StartedTask = { createdUUID, since: Date.now(), ...(words && { words }) }
  if (taskTag === '') {
    const told = await named(context, started)
    const done = told.words?.done ?? 'Done at once: the cluster started no task'
    return completedWithoutTask(describeMade(done, told), createdUUID)
  }
  context.startedTasks.set(taskTag, started)
  const unknown = (reason: string): WriteResponse => ({
    taskTag,
    createdUUID,
    state: 'UNKNOWN',
    progressPercent: 0,
    message: `The cluster accepted the call as task ${taskTag}, ${reason}. Do not repeat it: call waitTask with taskTag ${taskTag} and wait ${nextWaitSeconds}`
  })
  let task: TaskOutcome | undefined
  try {
    task = await followTask(context, taskTag, waitSeconds)
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    // Nobody is left to tell, but the log has to know what goes on.
    if (error.code === 'CALLER_GONE')
      throw new BridgeError(error.code, error.message, { details: { taskTag, createdUUID } })
    // The write is done: what fails now must neither hide that nor invite a second one.
    return unknown(`but its state could not be read (${error.message})`)
  }
  return task === undefined ? unknown('but shows no such task') : taskResponse(context, task)
}
