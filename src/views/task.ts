import type { TaskState, TaskTagStatus } from '../hypercore/records/records.ts'
import { formatTemplate, type TaskOutcome } from '../hypercore/tasks/task-outcome.ts'
import { quoteText } from '../lib/text/quote.ts'
import { formatTime } from '../lib/text/units.ts'
import { type ListView, time } from './list-view.ts'
import { dataValue, responseText } from './text/text-form.ts'

/** The cluster's record, with its templates filled for reading. */
export const taskDetails = (task: TaskTagStatus) => ({
  ...task,
  description: formatTemplate(task.formattedDescription, task.descriptionParameters),
  message: formatTemplate(task.formattedMessage, task.messageParameters)
})

export type TaskDetails = ReturnType<typeof taskDetails>

function taskFields(task: TaskTagStatus) {
  const { taskTag, state, progressPercent, objectUUID, created, completed } = task
  const { description, message } = taskDetails(task)
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
}

const taskStates: readonly TaskState[] = ['QUEUED', 'RUNNING', 'COMPLETE', 'ERROR', 'UNINITIALIZED']

/** The state of a task that a word of people means. */
const taskStateOf = (word: string): string | undefined =>
  ({ failed: 'ERROR', done: 'COMPLETE', completed: 'COMPLETE', finished: 'COMPLETE' })[word]

export const taskView: ListView<TaskTagStatus, ReturnType<typeof taskFields>> = {
  describe: taskFields,
  columns: [
    'taskTag',
    'state',
    'progressPercent',
    'description',
    'message',
    'objectUUID',
    'startedAt'
  ],
  aliases: { started: 'startedAt', ended: 'completed', progress: 'progressPercent' },
  words: { state: taskStateOf },
  values: { state: taskStates },
  time: 'startedAt',
  measures: {
    startedAt: time(({ created }) => created),
    created: time(({ created }) => created),
    modified: time(({ modified }) => modified),
    completed: time(({ completed }) => completed, 'no end yet')
  }
}

/** A task as text, without the templates that its sentences were built from. */
export const taskCard = (task: TaskDetails | TaskOutcome): string =>
  responseText({
    taskTag: task.taskTag,
    state: task.state,
    progressPercent: task.progressPercent,
    description: dataValue(task.description),
    message: dataValue(task.message),
    objectUUID: task.objectUUID,
    startedAt: formatTime(task.created),
    endedAt: formatTime(task.completed)
  })

/** A task as a line of Markdown. */
export const taskLine = ({ taskTag, state, progressPercent, description }: TaskOutcome): string =>
  `- ${state} ${progressPercent} %: ${quoteText(description, 100)} (taskTag ${taskTag})`
