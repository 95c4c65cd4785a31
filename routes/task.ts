import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { ClusterRecord, Input, TaskTag, Wait, WriteResponse } from '../src/tools/schemas.ts'
import {
  defaultWaitSeconds,
  describeTask,
  followTask,
  taskResponse,
  startedTask
} from '../src/tools/task/write-response.ts'
import { taskCard, type TaskDetails, taskDetails, taskView } from '../src/views/task.ts'
import type { TaskOutcome } from '../src/hypercore/tasks/task-outcome.ts'
import { quote } from '../src/lib/text/quote.ts'

const unknownTask = (taskTag: string): BridgeError =>
  new BridgeError(
    'NOT_FOUND',
    `No task has the tag ${quote(taskTag)}. Look at the VM itself with getVM_details; taskTagStatus_read lists the tasks the cluster still knows`
  )

export const taskTagStatusRead = defineListTool({
  name: 'taskTagStatus_read',
  title: 'List the tasks',
  description: 'Lists tasks, newest first: taskTag, state, progress, error. filter by state.',
  tag: 'task',
  item: 'a task; times are Unix seconds',
  async read({ hypercore, signal }) {
    const tasks = await hypercore.list('/TaskTag', { signal })
    return tasks.toSorted((a, b) => b.created - a.created || Number(b.taskTag) - Number(a.taskTag))
  },
  view: taskView
})

export const taskTagStatusFilter = defineTool({
  name: 'taskTagStatusFilter',
  alone: 'a plan waits for each of its tasks',
  title: 'Show one task',
  description: 'Shows one task: state, progress, message. waitTask waits for its end.',
  tag: 'task',
  annotations: readOnly,
  input: Input({ taskTag: TaskTag }),
  output: ClusterRecord<TaskDetails | TaskOutcome>('the task; times are Unix seconds', {
    taskTag: Type.String(),
    state: Type.String(),
    progressPercent: Type.Integer(),
    description: Type.String({ description: 'what the task does' }),
    message: Type.String({ description: 'why it failed; empty when it did not' })
  }),

  async run(context, { taskTag }) {
    const { hypercore, signal } = context
    const task = await hypercore.record('/TaskTag', taskTag, { signal })
    if (task !== undefined) return taskDetails(task)
    const outcome = await hypercore.tasks.read(taskTag, signal)
    if (outcome === undefined) throw unknownTask(taskTag)
    return { ...outcome, message: describeTask(outcome, await startedTask(context, taskTag)) }
  },
  text: taskCard
})

export const waitTask = defineTool({
  name: 'waitTask',
  alone: 'a plan waits for each of its tasks',
  title: 'Wait for a task',
  description: 'Waits for a task to end. Still running: call it again.',
  tag: 'task',
  annotations: readOnly,
  slow: true,
  input: Input({ taskTag: TaskTag, wait: Wait }),
  output: WriteResponse({ objectUUID: Type.String({ description: 'what the task works on' }) }),

  async run(context, { taskTag, wait = defaultWaitSeconds }) {
    const task = await followTask(context, taskTag, wait)
    if (task === undefined) throw unknownTask(taskTag)
    return { ...(await taskResponse(context, task)), objectUUID: task.objectUUID }
  }
})

export const taskTools: Tool[] = [taskTagStatusRead, taskTagStatusFilter, waitTask]
