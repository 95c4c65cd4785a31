import t from 'tap'
import type { WriteRecord } from '../../../src/ledger/records.ts'
import { targetsOf } from '../../../src/ledger/targets.ts'
import { until } from '../../helper/simulator.ts'
import { openLedger } from './helper.ts'

const vm = '4c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a31'
const copy = '5c7d1f0a-93b2-4e58-a6c1-2f8d5b9e7a32'
const outcome = { message: 'done' }

t.test('what a write acts on', async (t) => {
  t.same(targetsOf({ method: 'PATCH', path: `/VirDomain/${vm.toUpperCase()}` }), [vm])
  t.same(
    targetsOf({
      method: 'POST',
      path: '/VirDomain/action',
      body: [{ virDomainUUID: vm }, { virDomainUUID: copy }, { virDomainUUID: vm }]
    }),
    [vm, copy]
  )
  t.same(targetsOf({ method: 'POST', path: '/VirDomain', body: { dom: { name: 'x' } } }), [])
})

t.test('a write from before it leaves to the end of its task', async (t) => {
  const { ledger, clock } = openLedger(t)
  const heard: string[] = []
  ledger.onChange(({ state }) => void heard.push(state))
  const write = await ledger.begin({
    method: 'POST',
    path: `/VirDomain/${vm}/clone`,
    body: { a: 1 }
  })
  t.match(await ledger.writes(), [
    { method: 'POST', targets: [vm], state: 'SENDING', bodyHash: /^[0-9a-f]{64}$/, endedAt: 0 }
  ])
  t.equal((await ledger.running(vm)).length, 1)
  await write.accepted({ taskTag: '12', createdUUID: copy })
  t.match(await ledger.byTask('12'), { state: 'RUNNING', createdUUID: copy, targets: [vm, copy] })
  clock.now += 5_000
  await ledger.taskEnded({ taskTag: '12', state: 'COMPLETE', ...outcome })
  t.match(await ledger.byTask('12'), { state: 'COMPLETE', message: 'done', endedAt: clock.now })
  t.same(await ledger.running(vm), [])
  // The first end counts.
  await ledger.taskEnded({ taskTag: '12', state: 'ERROR', ...outcome })
  t.match(await ledger.byTask('12'), { state: 'COMPLETE' })
  t.same(heard, ['RUNNING', 'COMPLETE'])
  t.equal(await ledger.byTask('13'), undefined)
})

t.test('a write without a task has ended once it is accepted', async (t) => {
  const { ledger } = openLedger(t)
  const write = await ledger.begin({ method: 'DELETE', path: `/User/${vm}` })
  await write.accepted({ taskTag: '', createdUUID: '' })
  t.match(await ledger.writes(), [{ state: 'COMPLETE' }])
})

t.test('what an ended process left is ended, or followed', async (t) => {
  const { ledger, store } = openLedger(t)
  const sending = await ledger.begin({ method: 'POST', path: '/VirDomain' })
  const running = await ledger.begin({ method: 'DELETE', path: `/VirDomain/${vm}` })
  await running.accepted({ taskTag: '7', createdUUID: '' })
  t.same(await ledger.recover(), [], 'this process is alive')
  for (const write of await ledger.writes()) {
    const { version = 0 } = (await store.get('writes', write.id)) ?? {}
    const owner = { ...write.owner, pid: 2 ** 22 + 1, nonce: 'gone' }
    await store.swap('writes', write.id, version, { ...write, owner })
  }
  const left = await ledger.recover()
  t.match(left, [{ taskTag: '7' }])
  const states = new Map((await ledger.writes()).map(({ path, state }) => [path, state]))
  t.equal(states.get('/VirDomain'), 'UNKNOWN')
  t.equal(states.get(`/VirDomain/${vm}`), 'RUNNING')
  t.same(await ledger.recover(), [], 'it is ours now')
  await sending.accepted({ taskTag: '', createdUUID: '' })
})

t.test('old entries are forgotten, those that run are not', async (t) => {
  const { ledger, clock } = openLedger(t)
  const old = await ledger.begin({ method: 'POST', path: '/old' })
  await old.accepted({ taskTag: '', createdUUID: '' })
  const running = await ledger.begin({ method: 'POST', path: '/running' })
  await running.accepted({ taskTag: '9', createdUUID: '' })
  clock.now += 8 * 24 * 60 * 60 * 1000
  await Promise.all(
    Array.from({ length: 100 }, () => ledger.begin({ method: 'POST', path: '/new' }))
  )
  const paths = async (): Promise<string[]> => (await ledger.writes()).map(({ path }) => path)
  await until(async () => !(await paths()).includes('/old'))
  t.ok((await paths()).includes('/running'))
})

t.test('another cluster in the same store is another ledger', async (t) => {
  const { ledger, store } = openLedger(t)
  const { Ledger } = await import('../../../src/ledger/ledger.ts')
  const other = new Ledger({ store, cluster: 'another' })
  await other.begin({ method: 'POST', path: '/VirDomain' })
  t.same(await ledger.writes(), [] as WriteRecord[])
})
