import t from 'tap'
import { scopes } from '../../src/identity/scope.ts'
import { simulatedVersions } from '../../src/simulator/options.ts'
import { ClusterCall } from '../../src/hypercore/cluster-api.ts'
import { always } from '../../src/tools/plan/announced.ts'
import { differences } from '../../src/tools/plan/compare.ts'
import { flatten } from '../../src/hypercore/records/flat-records.ts'
import { readLists, readRecords } from '../../src/tools/plan/read-records.ts'
import { createTwin } from '../../src/twin/twin.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'

const authority = { principal: { name: 'x', kind: 'token' as const, scopes: new Set(scopes) } }

const contextOf = ({ app }: TestBridge) =>
  app.toolContext({
    authority,
    signal: new AbortController().signal,
    form: 'json',
    progress: undefined
  })

for (const version of simulatedVersions)
  t.test(
    `a copy of a ${version} has the records of its cluster, and a life of its own`,
    async (t) => {
      const bridge = await startTestBridge(t, { simulator: { version } })
      const context = contextOf(bridge)
      const read = await readRecords(context)
      const twin = await createTwin(read, context.hypercore)
      t.teardown(() => twin.close())
      const call = () => new ClusterCall(twin.client, authority)
      const copyNow = async () =>
        flatten((await readLists({ ...context, hypercore: call() })).lists)
      const [before, copy] = [flatten(read.lists), await copyNow()]
      t.ok(before.size > 50)
      t.same([...copy.keys()].toSorted(), [...before.keys()].toSorted())
      // A copy of itself: nothing is taken over from what it is compared with.
      const compared = { before: new Map(), copy: new Map(), predicted: copy, fact: before }
      t.same(
        differences({
          ...compared,
          real: new Map(),
          announced: always,
          startedAnywhere: new Set()
        }),
        []
      )
      const asked = bridge.simulator.requests.length
      const vm = bridge.vm('web-01')
      await call().write('PATCH', `/VirDomain/${vm}`, { description: 'in the copy' })
      t.equal((await copyNow()).get(vm)?.record['description'], 'in the copy')
      t.equal(bridge.simulator.requests.length, asked, 'the cluster hears nothing of it')
      t.not(bridge.simulator.world.state.virDomains.get(vm)?.description, 'in the copy')
      t.match(twin.writes, [{ request: { method: 'PATCH' }, createdUUID: '' }])
      // What is not copied is read of the cluster, and never written.
      t.ok((await call().recordsAt('/TimeZone')).length > 0)
      t.ok(bridge.simulator.requests.slice(asked).every(({ method }) => method === 'GET'))
      for (const [method, path] of [
        ['POST', '/User'],
        ['DELETE', '/User/x'],
        ['POST', '/VirDomain/import'],
        ['POST', '/Update/9.9/apply'],
        ['POST', '/Cluster/shutdown']
      ] as const)
        await t.rejects(call().write(method, path, {}), { code: 'INVALID_ARGUMENT' }, path)
      t.ok(bridge.simulator.requests.slice(asked).every(({ method }) => method === 'GET'))
    }
  )

t.test('lists that the cluster user may not read count as empty, and are named', async (t) => {
  const bridge = await startTestBridge(t)
  bridge.simulator.faults.add({ kind: 'json-error', path: '/VirtualDisk', status: 403 })
  const { unseen, lists } = await readLists(contextOf(bridge))
  t.same(unseen, ['VirtualDisk'])
  t.same(lists.VirtualDisk, [])
  const steps = [{ tool: 'snapshotVM', args: { vm: 'web-01', label: 'x' } }]
  const { body } = await bridge.call('plan', { steps, dry_run: true })
  t.match(body.unpredicted.at(-1), /^VirtualDisk, which the cluster user may not read/)
  // Without these nothing can be said.
  bridge.simulator.faults.add({ kind: 'json-error', path: '/VirDomain', status: 403 })
  t.match((await bridge.call('plan', { steps })).body.error, { code: 'CLUSTER_REFUSED' })
})
