import t from 'tap'
import { loadCatalog } from '../../../../src/catalog/load.ts'
import {
  alwaysNamesTask,
  returnsResult
} from '../../../../src/hypercore/writes/task-expectation.ts'
import { readWriteReply } from '../../../../src/hypercore/writes/write-result.ts'

t.test('which writes always name a task agrees with what the catalog has seen', async (t) => {
  const catalog = loadCatalog()
  const writes = catalog.operations.filter(
    ({ base, method }) => base === '/rest/v1' && method !== 'GET' && method !== 'OPTIONS'
  )
  t.ok(writes.length > 70)
  for (const { method, path, taskObserved } of writes) {
    const filled = path.replace(/\{[^}]+\}/, '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21')
    t.equal(alwaysNamesTask(method, filled, {}), taskObserved === 'nonEmpty', `${method} ${path}`)
  }
})

/** Whether actions of these types name a task. */
const named = (...types: string[]): boolean =>
  alwaysNamesTask(
    'POST',
    '/VirDomain/action',
    types.map((actionType) => ({ actionType }))
  )

t.test('actions of VMs are distinguished by the request body', async (t) => {
  for (const type of ['STOP', 'LIVEMIGRATE']) t.equal(named(type), true, type)
  for (const type of ['START', 'SHUTDOWN', 'PAUSE', 'REBOOT', 'RESET', 'NMI'])
    t.equal(named(type), false, type)
  t.equal(named('STOP', 'SHUTDOWN'), false)
  t.equal(named(), false)
  for (const body of [undefined, {}, 'STOP', [null]])
    t.equal(alwaysNamesTask('POST', '/VirDomain/action', body), false)
})

t.test('a slash at the end changes nothing', async (t) => {
  t.ok(alwaysNamesTask('POST', '/VirDomainSnapshot/', {}))
  t.ok(alwaysNamesTask('DELETE', '/VirDomain/x/', undefined))
  t.notOk(returnsResult('PUT', '/ISO/x/data/'))
})

const reply = (body: unknown, path = '/VirDomainSnapshot', status = 200) =>
  readWriteReply({ method: 'POST', path, sent: {}, status, body })

t.test('an answer that names a task is believed', async (t) => {
  t.same(reply({ taskTag: '17', createdUUID: 'u' }), { taskTag: '17', createdUUID: 'u' })
  t.same(reply({ taskTag: 17 }), { taskTag: '17', createdUUID: '' })
  t.same(reply({ taskTag: '17', createdUUID: 5, more: [] }), { taskTag: '17', createdUUID: '' })
  t.same(reply({ taskTag: '17' }, '/VirDomainSnapshot', 201), { taskTag: '17', createdUUID: '' })
})

t.test('one that does not is doubted, each in its words', async (t) => {
  for (const [body, words] of [
    [undefined, 'returned 200 without a body'],
    ['', 'returned 200 without a body'],
    [null, 'returned 200 without a body'],
    [[{ taskTag: '17', createdUUID: 'u' }], 'returned 200 with a list instead of the result'],
    ['all is well', 'returned 200 with something that is not the result'],
    [true, 'returned 200 with something that is not the result'],
    [{}, 'returned 200 with a result that has no task tag'],
    [{ createdUUID: 'u' }, 'returned 200 with a result that has no task tag'],
    [{ taskTag: null }, 'returned 200 with a result that has no task tag'],
    [{ taskTag: { id: 17 } }, 'returned 200 with a result that has no task tag'],
    [{ taskTag: 1.5 }, 'returned 200 with a result that has no task tag'],
    [{ taskTag: '', createdUUID: 'u' }, 'returned 200 without naming the task'],
    [{ taskTag: ' ', createdUUID: '' }, 'returned 200 without naming the task']
  ] as const)
    t.match(reply(body).doubt, words, JSON.stringify(body))
})

t.test('where no task is due, none is missed', async (t) => {
  const empty = { taskTag: '', createdUUID: '' }
  for (const path of ['/User', '/VirDomainSnapshotSchedule', '/Update/9.5/apply', '/Unknown'])
    t.same(reply(empty, path), empty, path)
  t.match(reply({}, '/User').doubt, /no task tag/, 'but the two keys are (FACTS 3.2)')
  const deleted = { method: 'DELETE', sent: undefined, status: 204, body: undefined } as const
  t.same(readWriteReply({ ...deleted, path: '/User/x' }), empty)
  t.match(readWriteReply({ ...deleted, path: '/VirDomain/x' }).doubt, /204 without a body/)
  const upload = { method: 'PUT', sent: undefined, status: 200, body: undefined } as const
  t.same(readWriteReply({ ...upload, path: '/ISO/x/data' }), empty)
})
