import t from 'tap'
import { tasks } from '../../../src/model-bench/tasks/index.ts'
import { goodReplies } from './good-replies.ts'

t.test('thirty tasks, in two halves', async (t) => {
  t.equal(tasks.length, 30)
  t.equal(new Set(tasks.map(({ id }) => id)).size, 30, 'each with an id of its own')
  t.equal(tasks.filter(({ half }) => half === 'kept-aside').length, 15)
  t.same(Object.keys(goodReplies).toSorted(), tasks.map(({ id }) => id).toSorted())
})
