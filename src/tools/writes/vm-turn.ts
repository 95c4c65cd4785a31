import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import type { TaskTagStatus } from '../../hypercore/records/records.ts'
import { toOutcome } from '../../hypercore/tasks/task-outcome.ts'
import { isFinished, type TaskOutcome } from '../../hypercore/tasks/tasks.ts'
import type { ToolContext } from '../define-tool.ts'
import { createProgressReporter, formatElapsed } from '../task/progress.ts'
import { nextWaitSeconds } from '../task/write-response.ts'

/** A task that the cluster carries out on a VM. */
interface BusyTask {
  taskTag: string
  description: string
}

/** The cluster's words for a task; they hold names that anybody may have given. */
const asBusyTask = (task: TaskTagStatus): BusyTask => ({
  taskTag: task.taskTag,
  description: quoteText(toOutcome(task.taskTag, task).description, 100)
})

const inProgress = new Set(['QUEUED', 'RUNNING'])

/** What runs on a VM, started by any client: this bridge, another client, a schedule. */
async function tasksOn(
  { hypercore, writes: { ledger }, signal }: ToolContext,
  vm: string
): Promise<BusyTask[]> {
  const [ours, record] = await Promise.all([
    ledger.running(vm),
    hypercore.known('/VirDomain', vm, { signal })
  ])
  const tasks = ours
    .filter(({ taskTag }) => taskTag !== '')
    .map(({ taskTag, tool, path }) => ({ taskTag, description: tool === '' ? path : tool }))
  const latest = record?.latestTaskTag
  if (latest !== undefined && latest !== null && inProgress.has(latest.state))
    if (!tasks.some(({ taskTag }) => taskTag === latest.taskTag)) tasks.push(asBusyTask(latest))
  return tasks
}

/** Every task of the cluster that works on a VM; for writes that cannot be undone. */
async function allTasksOn(context: ToolContext, vm: string): Promise<BusyTask[]> {
  const { hypercore, signal } = context
  const [known, listed] = await Promise.all([
    tasksOn(context, vm),
    hypercore.list('/TaskTag', { signal })
  ])
  const others = listed
    .filter(({ state, objectUUID }) => inProgress.has(state) && objectUUID === vm)
    .filter(({ taskTag }) => known.every((task) => task.taskTag !== taskTag))
  return [...known, ...others.map(asBusyTask)]
}

/** @param why a task keeps the write from being sent */
async function busy(
  { hypercore, signal }: ToolContext,
  vm: string,
  { taskTag, description }: BusyTask,
  why: string
): Promise<BridgeError> {
  const name = (await hypercore.known('/VirDomain', vm, { signal }))?.name ?? vm
  return new BridgeError(
    'VM_BUSY',
    `VM ${quoteName(name)} is still being worked on by task ${taskTag} (${description})${why}. Call waitTask with taskTag ${taskTag} and wait ${nextWaitSeconds}, then call again`,
    { details: { vmUUID: vm, taskTag } }
  )
}

/** What a caller gets whose turn among the calls of this bridge has not come. */
export const lateTurn = (vms: readonly string[], limitMs: number) => (): BridgeError =>
  new BridgeError(
    'VM_BUSY',
    `Another call has been changing the same VM for ${limitMs / 1000} s, so nothing was sent. Look with getVM_details how far it is, then call again`,
    { details: { vmUUIDs: [...vms] } }
  )

/** A task that works on the VM now; what is known of them may be a moment old. */
async function runningTaskOn(context: ToolContext, vm: string): Promise<BusyTask | undefined> {
  const { hypercore, signal } = context
  if ((await hypercore.known('/VirDomain', vm, { signal })) === undefined) return undefined
  for (const task of await allTasksOn(context, vm)) {
    const outcome = await hypercore.tasks.read(task.taskTag, signal)
    if (outcome !== undefined && !isFinished(outcome)) return task
  }
  return undefined
}

/**
 * Refuses a write that cannot be undone while anything works on the VM: the export that it would
 * pull the ground from under may be the only copy.
 * @throws {BridgeError} VM_BUSY naming the task
 */
export async function refuseWhileBusy(context: ToolContext, vm: string): Promise<void> {
  const task = await runningTaskOn(context, vm).catch((error: unknown) => {
    if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
    throw error.reworded(
      `Nothing was sent, as it cannot be seen whether a task still works on the VM. ${error.message}`
    )
  })
  if (task !== undefined)
    throw await busy(context, vm, task, ', and nothing is destroyed meanwhile')
}

/**
 * Waits until nothing works on a VM any more, for as long as the queue allows. Where that cannot be
 * seen it does not wait: the cluster itself queues what comes too soon, or refuses it.
 * @returns notes for the caller, where it had to wait
 * @throws {BridgeError} VM_BUSY naming the task that still runs
 */
export async function waitUntilFree(
  context: ToolContext,
  vm: string,
  endsAt: number
): Promise<string[]> {
  const { hypercore, signal } = context
  const since = performance.now()
  const tasks = await tasksOn(context, vm)
  const reporter = createProgressReporter(context)
  const notes: string[] = []
  try {
    for (const task of tasks) {
      const outcome: TaskOutcome | undefined = await hypercore.tasks
        .follow(task.taskTag, {
          waitMs: Math.max(0, endsAt - performance.now()),
          signal,
          onProgress: ({ progressPercent: percent }) =>
            reporter.report({
              percent,
              message: `Waiting for task ${task.taskTag} (${task.description}) on the same VM`
            })
        })
        .catch((error: unknown) => {
          if (!(error instanceof BridgeError) || error.code === 'CALLER_GONE') throw error
          return undefined
        })
      if (outcome === undefined) continue
      if (!isFinished(outcome)) throw await busy(context, vm, task, '')
      notes.push(
        `waited ${formatElapsed(performance.now() - since)} for task ${task.taskTag} (${task.description}) on the same VM`
      )
    }
    return notes
  } finally {
    reporter.detach()
  }
}
