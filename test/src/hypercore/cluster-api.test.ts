import t, { type Test } from 'tap'
import { ClusterCall } from '../../../src/hypercore/cluster-api.ts'
import { failureOf } from '../../helper/failure.ts'
import { clientFor } from '../../helper/cluster-client.ts'
import { operator } from '../../../src/identity/static-token.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { simulatorFor, until } from '../../helper/simulator.ts'

const authority = { principal: operator }

/** One call on a simulated cluster, and what it asked the cluster for since it was last looked. */
async function startCall(t: Test) {
  const simulator = await simulatorFor(t, { nodes: 1 })
  const { client } = clientFor(t, simulator.urls)
  const [vm] = simulator.world.state.virDomains.values()
  if (vm === undefined) throw new Error('The simulated cluster has no VM')
  await client.request({ method: 'GET', path: '/ping' })
  simulator.requests.length = 0
  const asked = (): string[] =>
    simulator.requests
      .splice(0)
      // What a failure looks at beside the API.
      .filter(({ path }) => path.startsWith('/rest/v1'))
      .map(({ method, path }) => `${method} ${path.replace('/rest/v1', '').replace(vm.uuid, '*')}`)
  return { simulator, client, call: new ClusterCall(client, authority), vm, asked }
}

t.test('a record that was listed is known, one that was not is read', async (t) => {
  const { call, client, vm, asked } = await startCall(t)
  t.match(await call.known('/VirDomain', vm.uuid), { name: vm.name })
  t.same(asked(), ['GET /VirDomain/*'])
  await call.list('/VirDomain')
  t.match(await call.known('/VirDomain', vm.uuid), { name: vm.name })
  t.same(asked(), ['GET /VirDomain'])
  t.equal(await call.known('/VirDomainSnapshot', vm.uuid), undefined, 'by its path, too')
  t.same(asked(), ['GET /VirDomainSnapshot/*'])
  t.match(await new ClusterCall(client, authority).known('/VirDomain', vm.uuid), { name: vm.name })
  t.same(asked(), ['GET /VirDomain/*'], 'other calls know nothing of it')
})

t.test('record() looks again', async (t) => {
  const { call, vm, asked } = await startCall(t)
  await call.list('/VirDomain')
  vm.description = 'changed meanwhile'
  t.match(await call.record('/VirDomain', vm.uuid), { description: 'changed meanwhile' })
  t.same(asked(), ['GET /VirDomain', 'GET /VirDomain/*'])
})

t.test('a write makes the call forget, also one that failed', async (t) => {
  const { call, simulator, vm, asked } = await startCall(t)
  const change = (): Promise<unknown> =>
    call.write('PATCH', `/VirDomain/${vm.uuid}`, { description: 'new' })
  await call.list('/VirDomain')
  await change()
  await call.known('/VirDomain', vm.uuid)
  t.same(asked(), ['GET /VirDomain', 'PATCH /VirDomain/*', 'GET /VirDomain/*'])

  await call.list('/VirDomain')
  simulator.faults.add({ kind: 'error-500', method: 'PATCH' })
  t.equal((await failureOf(change())).code, 'CLUSTER_ERROR')
  simulator.faults.clear()
  await call.known('/VirDomain', vm.uuid)
  t.same(asked(), ['GET /VirDomain', 'PATCH /VirDomain/*', 'GET /VirDomain/*'])
})

t.test('a list that was asked for before a write is kept nowhere', async (t) => {
  const { call, simulator, vm, asked } = await startCall(t)
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', ms: 4_000_000, method: 'GET', path: '/rest/v1/VirDomain' })
  const listed = call.list('/VirDomain')
  await until(() => waits.waiting.length === 1)
  simulator.faults.clear()
  await call.write('PATCH', `/VirDomain/${vm.uuid}`, { description: 'new' })
  waits.release()
  await listed
  asked()
  t.match(await call.known('/VirDomain', vm.uuid), { name: vm.name })
  t.same(asked(), ['GET /VirDomain/*'])
})

t.test('a POST that only reads is not a write', async (t) => {
  const { call, vm, asked } = await startCall(t)
  await call.list('/VirDomain')
  await failureOf(
    call.request({ method: 'POST', path: '/VirDomainBlockDevice/x/snapDiff', body: {} })
  )
  asked()
  await call.known('/VirDomain', vm.uuid)
  t.same(asked(), [])
})
