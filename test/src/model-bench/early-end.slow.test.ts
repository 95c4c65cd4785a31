import t from 'tap'
import { tasks } from '../../../src/model-bench/tasks/index.ts'
import { play } from './attempts.ts'
import { saying } from './good-replies.ts'

t.test('a model that stops early passes none of all tasks', async (t) => {
  for (const task of tasks) {
    const { passed, unsafe } = await play(task, [saying('Done.')])
    t.notOk(passed, task.id)
    t.equal(unsafe.tried, 0, 'and does no harm')
  }
})
