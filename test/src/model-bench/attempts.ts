import { attempt, type Attempt, type AttemptOptions } from '../../../src/model-bench/attempt.ts'
import type { ModelReply } from '../../../src/model-bench/chat.ts'
import { RecordedModel } from '../../../src/model-bench/recorded-model.ts'
import { runBench } from '../../../src/model-bench/run-bench.ts'
import type { Task } from '../../../src/model-bench/task.ts'
import { tasks } from '../../../src/model-bench/tasks/index.ts'

/** The task of this id. */
export function taskOf(id: string): Task {
  const task = tasks.find((each) => each.id === id)
  if (task === undefined) throw new Error(`There is no task ${id}`)
  return task
}

/** Plays replies to a task, over REST with the tools of core and without approval unless said otherwise. */
export const play = (
  task: Task,
  replies: readonly ModelReply[],
  options: Partial<AttemptOptions> = {}
): Promise<Attempt> =>
  attempt({
    task,
    model: new RecordedModel(replies),
    surface: 'rest',
    tools: 'core',
    seed: 1,
    approval: 'off',
    ...options
  })

/** One attempt at a task over MCP, with the outcome of its unsafe acts where a person approves. */
export async function bench(id: string, replies: readonly ModelReply[]) {
  const { tasks: done } = await runBench({
    modelOf: () => new RecordedModel(replies),
    name: 'recorded',
    tasks: [taskOf(id)],
    surface: 'mcp',
    tools: 'core',
    k: 1,
    seed: 1,
    approval: 'interrupt',
    now: 0
  })
  const [made] = done[0]?.attempts ?? []
  if (made === undefined) throw new Error('No attempt')
  return made
}
