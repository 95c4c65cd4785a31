import { BridgeError } from '../../lib/errors/errors.ts'
import { isFinished, type TaskOutcome } from '../../hypercore/tasks/tasks.ts'
import type { WriteReply } from '../../hypercore/writes/write-result.ts'
import type { ToolContext } from '../define-tool.ts'
import { toMonotonic } from '../../lib/time/unix-time.ts'
import { formatElapsed, createProgressReporter, type Step } from './progress.ts'
import type { StartedTask, TaskAdvice, TaskWords } from './started-tasks.ts'
import type { WriteResponse } from '../schemas.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { sentences, withoutEnd } from '../../lib/text/sentences.ts'

/** The response where there is nothing, or nothing more, to wait for. */
export const completedWithoutTask = (message: string, createdUUID = ''): WriteResponse => ({
  taskTag: '',
  createdUUID,
  state: 'COMPLETE',
  progressPercent: 100,
  message
})

export const defaultWaitSeconds = 20

/** How long to wait for a task that continues: many clients give up on a call after 60 s. */
export const nextWaitSeconds = 45

/**
 * What to do when a task of this tool failed, or when it is unknown how it ended.
 * @param look the tool that shows the current state
 */
export const tryAgain = (tool: string, look: string): TaskAdvice => ({
  failed: `Fix what it names, then call ${tool} again; ${look} shows the current state`,
  unknown: `${look} shows the current state`
})

/** The same for a task of which nothing but the cluster's record is known. */
const generalAdvice: TaskAdvice = {
  failed: 'Fix what it names, then repeat the call that started it',
  unknown: 'getVM_details shows the current state for a VM, vmSnapshots_read for its snapshots'
}

/** What to do with a VM that was just created. */
export const newVmIsOff = 'It is off: changeVM_state with START starts it'

/** Longest reason of a failed task that is shown. */
const maxReason = 500

const subjectOf = (task: TaskOutcome, words: TaskWords | undefined): string =>
  words?.subject ?? (task.description === '' ? `Task ${task.taskTag}` : quoteText(task.description))

/**
 * How far a task is, for a waiting caller: `Snapshot "before" of VM "web-01": 40 % (task 123)`.
 * A caller that gives up on the call still has the tag to continue with, and need not call a second time.
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

/** The last that is said to a person who waited: a task that continues is not done. */
function lastStep(task: TaskOutcome, words: TaskWords | undefined): Step {
  const step = stepOf(task, words)
  return isFinished(task) ? step : { ...step, message: `${step.message}, it is still running` }
}

/** What is known of a task that a call started, in this process or an earlier one. */
export async function startedTask(
  { startedTasks, writes }: Pick<ToolContext, 'startedTasks' | 'writes'>,
  taskTag: string
): Promise<StartedTask | undefined> {
  const known = startedTasks.get(taskTag)
  if (known !== undefined) return known
  // What it is for is said where it can be read; how far it is, in any case.
  const write = await writes.ledger.byTask(taskTag).catch(() => undefined)
  if (write === undefined) return undefined
  const words = write.words as TaskWords | undefined
  return {
    createdUUID: write.createdUUID,
    since: toMonotonic(write.sentAt),
    ...(words !== undefined && { words })
  }
}

/**
 * Follows a task for this many seconds, telling the caller how far it is. When the bridge shuts down
 * meanwhile, the last known state is returned at once instead of holding the shutdown up.
 */
export async function followTask(
  context: ToolContext,
  taskTag: string,
  waitSeconds: number
): Promise<TaskOutcome | undefined> {
  const { hypercore, signal, draining } = context
  const started = await startedTask(context, taskTag)
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
const describeCreated = (
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
      return describeCreated(words?.done ?? `${subject}: done`, started ?? { createdUUID: '' })
    case 'ERROR':
      return sentences(
        `${subject} failed: ${task.message === '' ? 'the cluster gave no reason' : quoteText(withoutEnd(task.message), maxReason)}`,
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
      const after = started ? ` after ${formatElapsed(performance.now() - started.since)}` : ''
      return `${subject} is ${state}, ${progressPercent} %${after}. Call waitTask with taskTag ${taskTag} and wait ${nextWaitSeconds}`
    }
  }
}

/** The words with the name of the new VM, which was not chosen: it is asked for. */
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
    // The VM is there, whether it can be read now or not.
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
  }
  return {
    ...started,
    words: { ...words, done: `Created ${name ? `VM ${quoteName(name)}` : 'a VM'}` }
  }
}

/** The response about a task in the state it was last seen in. */
export async function taskResponse(
  context: ToolContext,
  task: TaskOutcome
): Promise<WriteResponse> {
  const { taskTag, state, progressPercent } = task
  const known = await startedTask(context, taskTag)
  const started = known && state === 'COMPLETE' ? await named(context, known) : known
  return {
    taskTag,
    // What could not be created is not there to be used.
    createdUUID: state === 'ERROR' ? '' : (started?.createdUUID ?? ''),
    state,
    progressPercent,
    message: describeTask(task, started)
  }
}

/**
 * The response to a write whose response does not tell whether the cluster took it.
 * @param doubt as in `WriteReply`
 * @param words without them the caller of the raw API knows what it called
 */
export function doubtfulResponse(
  { taskTag, createdUUID }: Pick<WriteReply, 'taskTag' | 'createdUUID'>,
  doubt: string,
  words?: Pick<TaskWords, 'subject' | 'advice'>
): WriteResponse {
  const advice = words?.advice ?? generalAdvice
  const message = sentences(
    `${words === undefined ? 'The' : `${words.subject}: the`} cluster ${doubt}, so it may or may not have been carried out`,
    `${advice.unknown}, taskTagStatus_read whether a task was started: look there before you repeat it`
  )
  return { taskTag, createdUUID, state: 'UNKNOWN', progressPercent: 0, message }
}

/** Why a task that was accepted shows no state, in words that call for nothing. */
function whyUnread({ code }: BridgeError): string {
  switch (code) {
    case 'CLUSTER_TIMEOUT':
      return 'no node says in time how far it is'
    case 'CLUSTER_UNREACHABLE':
      return 'no node can be reached to ask how far it is'
    case 'CLUSTER_LOGIN_REFUSED':
      return 'the cluster refuses the login to ask how far it is'
    case 'SHUTTING_DOWN':
      return 'the bridge is shutting down'
    default:
      return 'the cluster does not say how far it is'
  }
}

/**
 * Turns a write's result into the tool's response, following its task for up to `waitSeconds`.
 * A task that ends in ERROR is a response, not an exception: the write was accepted.
 * @param words how the tool speaks of what it does; without them the cluster's description is used
 */
export async function writeResponse(
  context: ToolContext,
  result: WriteReply,
  waitSeconds: number = defaultWaitSeconds,
  words?: TaskWords
): Promise<WriteResponse> {
  const { taskTag, createdUUID, doubt } = result
  if (doubt !== undefined) return doubtfulResponse(result, doubt, words)
  const started: StartedTask = { createdUUID, since: performance.now(), ...(words && { words }) }
  if (taskTag === '') {
    const told = await named(context, started)
    const done = told.words?.done ?? 'Done at once: the cluster started no task'
    return completedWithoutTask(describeCreated(done, told), createdUUID)
  }
  context.startedTasks.set(taskTag, started)
  await context.writes.ledger.describeTask(taskTag, words)
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
    // No caller is left to respond to, but the log has to know what happens.
    if (error.code === 'CALLER_GONE')
      throw new BridgeError(error.code, error.message, { details: { taskTag, createdUUID } })
    // The write is done: what fails now must neither hide that nor invite a second one.
    return unknown(`but ${whyUnread(error)}`)
  }
  return task === undefined ? unknown('but shows no such task') : taskResponse(context, task)
}
