import type { Task } from '../task.ts'
import { changingTasks } from './changing.ts'
import { judgingTasks } from './judging.ts'
import { readingTasks } from './reading.ts'

/** All tasks, in the order in which they are run. */
export const tasks: readonly Task[] = [...readingTasks, ...changingTasks, ...judgingTasks]
