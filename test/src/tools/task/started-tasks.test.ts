import t from 'tap'
import { StartedTasks } from '../../../../src/tools/task/started-tasks.ts'

t.test('the newest thousand tasks are remembered', async (t) => {
  const tasks = new StartedTasks()
  for (let i = 0; i < 1200; i++) tasks.set(String(i), { createdUUID: `uuid-${i}`, since: i })
  t.equal(tasks.get('199'), undefined)
  t.match(tasks.get('200'), { createdUUID: 'uuid-200' })
  t.match(tasks.get('1199'), { createdUUID: 'uuid-1199', since: 1199 })
})

t.test('one that is set again is the newest', async (t) => {
  const tasks = new StartedTasks()
  for (let i = 0; i < 1000; i++) tasks.set(String(i), { createdUUID: '', since: i })
  tasks.set('0', { createdUUID: 'again', since: 0 })
  tasks.set('1000', { createdUUID: '', since: 0 })
  t.equal(tasks.has('1'), false)
  t.match(tasks.get('0'), { createdUUID: 'again' })
})
