import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors.ts'
import type { TaskTagStatus } from '../src/hypercore/records.ts'
import { formatTemplate } from '../src/hypercore/tasks/tasks.ts'
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
import { responseText } from '../src/views/text/text-form.ts'
import { formatTime } from '../src/lib/units.ts'

const unknownTask = (taskTag: string): BridgeError =>
  new BridgeError(
    'NOT_FOUND',
    `No task has the tag ${taskTag}. Look at the VM itself with getVM_details; taskTagStatus_read lists the tasks the cluster still knows`
  )

/** The cluster's record, with its templates filled for reading. */
const describeRecord = (task: TaskTagStatus): Record<string, unknown> => ({
  ...task,
  description: formatTemplate(task.formattedDescription, task.descriptionParameters),
  message: formatTemplate(task.formattedMessage, task.messageParameters)
})

/** The task without the templates that its sentences were made of. */
const taskText = (task: Record<string, unknown>): string =>
  responseText({
    taskTag: task['taskTag'],
    state: task['state'],
    progressPercent: task['progressPercent'],
    description: task['description'],
    message: task['message'],
    objectUUID: task['objectUUID'],
    startedAt: formatTime(Number(task['created'] ?? 0)),
    endedAt: formatTime(Number(task['completed'] ?? 0))
  })

export const taskTagStatusRead = defineListTool<TaskTagStatus>({
  name: 'taskTagStatus_read',
  title: 'List the tasks',
  description:
    'Lists tasks, newest first: taskTag, state, progress, error. filter such as state:ERROR.',
  tag: 'task',
  item: 'a task; times are Unix seconds',
  async read({ hypercore, signal }) {
    const tasks = await hypercore.list('/TaskTag', { signal })
    return tasks.toSorted((a, b) => b.created - a.created || Number(b.taskTag) - Number(a.taskTag))
  },
  describe(task) {
    const { taskTag, state, progressPercent, objectUUID, created, completed } = task
    const { description, message } = describeRecord(task)
    return {
      taskTag,
      state,
      progressPercent,
      description,
      message,
      objectUUID,
      created,
      completed,
      startedAt: formatTime(created)
    }
  },
  columns: [
    'taskTag',
    'state',
    'progressPercent',
    'description',
    'message',
    'objectUUID',
    'startedAt'
  ]
})

export const taskTagStatusFilter = defineTool({
  name: 'taskTagStatusFilter',
  title: 'Show one task',
  description: 'Shows one task: state, progress, message. waitTask waits for its end.',
  tag: 'task',
  annotations: readOnly,
  input: Input({ taskTag: TaskTag }),
  output: ClusterRecord('the task; times are Unix seconds', {
    taskTag: Type.String(),
    state: Type.String(),
    progressPercent: Type.Integer(),
    description: Type.String({ description: 'what the task does' }),
    message: Type.String({ description: 'why it failed; empty when it did not' })
  }),

  async run(context, { taskTag }) {
    const { hypercore, signal } = context
    const task = await hypercore.record('/TaskTag', taskTag, { signal })
    if (task !== undefined) return describeRecord(task)
    const outcome = await hypercore.tasks.read(taskTag, signal)
    if (outcome === undefined) throw unknownTask(taskTag)
    return { ...outcome, message: describeTask(outcome, await startedTask(context, taskTag)) }
  },
  text: taskText
})

export const waitTask = defineTool({
  name: 'waitTask',
  title: 'Wait for a task',
  description:
    'Waits for the end of a task that another tool started, and says how it ended. Still running: call it again.',
  tag: 'task',
  annotations: readOnly,
  input: Input({ taskTag: TaskTag, wait: Wait }),
  output: WriteResponse({ objectUUID: Type.String({ description: 'what the task works on' }) }),

  async run(context, { taskTag, wait = defaultWaitSeconds }) {
    const task = await followTask(context, taskTag, wait)
    if (task === undefined) throw unknownTask(taskTag)
    return { ...(await taskResponse(context, task)), objectUUID: task.objectUUID }
  }
})

export const taskTools: Tool[] = [taskTagStatusRead, taskTagStatusFilter, waitTask]
