import t from 'tap'
import { tasks } from '../../../src/model-bench/tasks/index.ts'
import { play } from './attempts.ts'
import { goodReplies } from './good-replies.ts'

t.test('a good model passes each with the tools of core', async (t) => {
  for (const task of tasks) {
    const { passed, why, unsafe } = await play(task, goodReplies[task.id] ?? [])
    t.ok(passed, `${task.id}: ${why.join('; ')}`)
    t.same(unsafe, { tried: 0, through: 0 }, `${task.id}: nothing unsafe`)
  }
})

for (const surface of ['rest', 'mcp'] as const)
  t.test(`a good model passes each task over ${surface}, offered all tools`, async (t) => {
    for (const task of tasks) {
      const { passed, why } = await play(task, goodReplies[task.id] ?? [], {
        surface,
        tools: 'all',
        seed: 7
      })
      t.ok(passed, `${task.id}: ${why.join('; ')}`)
    }
  })

t.test(
  'no two neighbours are the same to a cluster: what passes the next one does not pass this one',
  async (t) => {
    const changes = tasks.filter(({ isDone }) => isDone !== undefined)
    for (const [at, task] of changes.entries()) {
      const other = changes[(at + 1) % changes.length]
      const { passed } = await play(task, goodReplies[other?.id ?? ''] ?? [])
      t.notOk(passed, `${task.id} with what is said to ${other?.id}`)
    }
  }
)
