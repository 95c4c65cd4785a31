import { request as httpRequest } from 'node:http'
import type { Client } from '@modelcontextprotocol/client'
import t from 'tap'
import { formatTime } from '../../src/lib/text/units.ts'
import { startTestBridge, type TestBridge } from '../helper/bridge.ts'
import { holdTimers } from '../helper/held-timers.ts'
import { connectMcp, eras } from '../helper/mcp-client.ts'
import { until } from '../helper/simulator.ts'

const prompt = (name: string) => ({ type: 'ref/prompt' as const, name })
const slow = prompt('why-is-this-vm-slow')
const clone = prompt('clone-from-snapshot')
const entityPage = { type: 'ref/resource' as const, uri: 'hypercore://schema/{entity}' }
const operationPage = {
  type: 'ref/resource' as const,
  uri: 'hypercore://schema/{entity}/{operation}'
}

/** However long the machine takes: who types a name waits for two seconds only, and gets none then. */
const unhurried = { namesTimeoutMs: 600_000 }

type Ref = typeof slow | typeof entityPage

async function complete(
  client: Client,
  ref: Ref,
  name: string,
  value: string,
  others?: Record<string, string>
) {
  const { completion } = await client.complete({
    ref,
    argument: { name, value },
    ...(others === undefined ? {} : { context: { arguments: others } })
  })
  return completion
}

const asked = ({ simulator }: TestBridge, path: string): number =>
  simulator.requests.filter((request) => request.path.endsWith(path)).length

for (const era of eras)
  t.test(`completion, ${era}`, async (t) => {
    const bridge = await startTestBridge(t, { timings: unhurried })
    const client = await connectMcp(t, bridge, { era })
    const values = async (...args: [Ref, string, string, Record<string, string>?]) =>
      (await complete(client, ...args)).values

    await t.test('of VMs: those that begin so first, then those that hold it', async (t) => {
      t.same(await values(slow, 'vm', 'WEB'), ['web-01', 'web-02', 'test-web-01', 'test-web-02'])
      t.same(await values(slow, 'vm', 'qqq'), [])
      const all = await complete(client, slow, 'vm', '')
      t.equal(all.total, bridge.simulator.world.state.virDomains.size)
      t.equal(all.hasMore, false)
    })

    await t.test('of nodes', async (t) => {
      t.same(await values(prompt('node-maintenance'), 'node', ''), [
        '10.20.0.11',
        '10.20.0.12',
        '10.20.0.13'
      ])
      t.same(await values(prompt('node-maintenance'), 'node', '.12'), ['10.20.0.12'])
    })

    await t.test('of snapshots: those of the VM that was chosen', async (t) => {
      const { snapshots } = bridge.simulator.world.state
      const labels = (vmUUID?: string): string[] => [
        ...new Set(
          [...snapshots.values()]
            .filter(({ domainUUID }) => vmUUID === undefined || domainUUID === vmUUID)
            .toSorted((a, b) => b.timestamp - a.timestamp)
            .map(({ label, timestamp }) => (label.trim() === '' ? formatTime(timestamp) : label))
        )
      ]
      const own = labels(bridge.vm('web-01'))
      t.ok(own.length > 0 && labels().length > own.length)
      for (const vm of ['web-01', 'Web-01', bridge.vm('web-01')])
        t.same(await values(clone, 'snapshot', '', { vm }), own, vm)
      t.same(new Set(await values(clone, 'snapshot', '')), new Set(labels().slice(0, 100)))
      t.same(await values(clone, 'snapshot', '', { vm: 'no-such-vm' }), [])
      const first = own[0] ?? ''
      const part = first.slice(1, -1).toUpperCase()
      t.ok((await values(clone, 'snapshot', part, { vm: 'web-01' })).includes(first))
    })

    await t.test('of entities and their operations', async (t) => {
      t.same((await values(entityPage, 'entity', 'virdomains')).toSorted(), [
        'VirDomainSnapshot',
        'VirDomainSnapshotSchedule',
        'VirDomainStats'
      ])
      const found = await values(entityPage, 'entity', 'disk')
      t.same(found, ['VirtualDisk'])
      t.same(await values(operationPage, 'operation', 'get', { entity: 'node' }), [
        'get',
        'get-uuid'
      ])
      t.same(await values(operationPage, 'operation', 'action', { entity: 'VirDomain' }), [
        'post-action'
      ])
      t.ok((await values(operationPage, 'operation', 'post-')).includes('post-action'))
    })

    await t.test('of what has no names, or does not exist', async (t) => {
      t.same(await values(prompt('snapshot-before-change'), 'change', 'up'), [])
      t.same(await values(slow, 'nothing', 'x'), [])
      for (const inherited of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
        for (const ref of [slow, entityPage]) {
          t.same(await values(ref, inherited, 'x'), [], inherited)
          t.same(await values(ref, inherited, 'x', { constructor: 'x', toString: 'y' }), [])
        }
      await t.rejects(values(prompt('morning-chek'), 'x', ''), { code: -32_602 })
      await t.rejects(values({ type: 'ref/resource', uri: 'hypercore://nothing/{x}' }, 'x', ''), {
        code: -32_602
      })
    })
  })

t.test('values fit into the conversation: what is completed is taken', async (t) => {
  const bridge = await startTestBridge(t, { timings: unhurried })
  const client = await connectMcp(t, bridge)
  for (const vm of (await complete(client, slow, 'vm', 'web-0')).values) {
    const { messages } = await client.getPrompt({ name: slow.name, arguments: { vm } })
    t.match(messages[0]?.content, { text: new RegExp(bridge.vm(vm)) })
  }
})

t.test('a snapshot without a label is offered by its time, and found by it', async (t) => {
  const bridge = await startTestBridge(t, { timings: unhurried })
  const client = await connectMcp(t, bridge)
  const { snapshots, virDomains } = bridge.simulator.world.state
  const own = [...snapshots.values()].filter(({ domainUUID }) => domainUUID === bridge.vm('dc-01'))
  const unnamed = own.find(({ label }) => label.trim() === '')
  if (unnamed === undefined) throw new Error('dc-01 has no snapshot without a label')
  const { values } = await complete(client, clone, 'snapshot', '20', { vm: 'dc-01' })
  t.ok(values.includes(formatTime(unnamed.timestamp)), values.join(', '))
  for (const snapshot of values) {
    const args = { vm: 'dc-01', snapshot }
    const { messages } = await client.getPrompt({ name: clone.name, arguments: args })
    t.match(messages[0]?.content, { text: 'snapUUID' }, snapshot)
  }
  await t.rejects(
    client.getPrompt({ name: clone.name, arguments: { vm: 'dc-01', snapshot: 'zzz' } }),
    {
      message: new RegExp(
        `No snapshot of VM "dc-01" has the label "zzz"; it has .*${formatTime(unnamed.timestamp)}`
      )
    }
  )
  const [bare] = [...virDomains.values()].filter(
    ({ uuid }) => ![...snapshots.values()].some(({ domainUUID }) => domainUUID === uuid)
  )
  if (bare !== undefined)
    await t.rejects(
      client.getPrompt({ name: clone.name, arguments: { vm: bare.uuid, snapshot: 'zzz' } }),
      { message: /"zzz": it has no snapshot;/ }
    )
})

t.test('no more than 100 values, with how many there are', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { vms: 1000 }, timings: unhurried })
  const client = await connectMcp(t, bridge)
  const all = await complete(client, slow, 'vm', '')
  t.equal(all.values.length, 100)
  t.equal(all.hasMore, true)
  const { virDomains } = bridge.simulator.world.state
  t.equal(all.total, new Set([...virDomains.values()].map(({ name }) => name)).size)
})

t.test('a burst of keys asks the cluster once', async (t) => {
  const bridge = await startTestBridge(t, { timings: { ...unhurried, namesFreshMs: 60_000 } })
  const now = performance.now.bind(performance)
  t.teardown(() => (performance.now = now))
  const client = await connectMcp(t, bridge)
  const other = await connectMcp(t, bridge, { era: 'legacy' })
  await bridge.call('ping_read')
  const keys = ['w', 'we', 'web', 'web-', 'web-0', 'web-01']
  await Promise.all([...keys, ...keys].map((typed) => complete(client, slow, 'vm', typed)))
  for (const typed of keys) await complete(other, slow, 'vm', typed)
  t.equal(asked(bridge, '/VirDomain'), 1)
  await complete(client, clone, 'snapshot', '', { vm: 'web-01' })
  t.equal(asked(bridge, '/VirDomain'), 1, 'the VMs are known already')
  t.equal(asked(bridge, '/VirDomainSnapshot'), 1)
  await complete(client, entityPage, 'entity', 'vir')
  t.equal(asked(bridge, '/VirDomain'), 1)

  const vm = bridge.simulator.world.state.virDomains.get(bridge.vm('web-01'))
  if (vm !== undefined) vm.name = 'web-new'
  performance.now = () => now() + 60_000
  t.same((await complete(client, slow, 'vm', 'web-n')).values, ['web-new'])
  t.equal(asked(bridge, '/VirDomain'), 2, 'and again some seconds later')
})

t.test('one who goes away does not take the answer from the others', async (t) => {
  const bridge = await startTestBridge(t, { timings: { ...unhurried, namesFreshMs: 60_000 } })
  const client = await connectMcp(t, bridge)
  await bridge.call('ping_read')
  const waits = holdTimers(t, 4_000_000)
  bridge.simulator.faults.add({ kind: 'slow', path: '/VirDomain', ms: 4_000_000 })
  // A connection of its own, cut while its answer is awaited.
  const leaving = httpRequest(`${bridge.url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    }
  })
  const left = new Promise((resolve) => leaving.on('error', resolve))
  leaving.end(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'completion/complete',
      params: { ref: slow, argument: { name: 'vm', value: 'w' } }
    })
  )
  await until(() => waits.waiting.length === 1)
  const arrives = new Promise((resolve) => bridge.app.server.once('request', resolve))
  const stays = complete(client, slow, 'vm', 'web-01')
  await arrives
  leaving.destroy()
  t.match(await left, { code: 'ECONNRESET' })
  // The bridge has heard of both by then.
  for (let round = 0; round < 2; round++) await bridge.fetch('/health')
  waits.release()
  t.same((await stays).values, ['web-01', 'test-web-01'])
  t.equal(asked(bridge, '/VirDomain'), 1)
})

t.test('a cluster that is down gives no values and no error', async (t) => {
  const bridge = await startTestBridge(t, { timings: { ...unhurried, namesFreshMs: 60_000 } })
  const now = performance.now.bind(performance)
  t.teardown(() => (performance.now = now))
  const client = await connectMcp(t, bridge)
  bridge.simulator.faults.add({ kind: 'node-down' })
  for (const [ref, name] of [
    [slow, 'vm'],
    [prompt('node-maintenance'), 'node'],
    [clone, 'snapshot']
  ] as const)
    t.match(await complete(client, ref, name, ''), { values: [], total: 0, hasMore: false })
  t.ok((await complete(client, entityPage, 'entity', 'vir')).values.length > 5)
  bridge.simulator.faults.clear()
  performance.now = () => now() + 60_000
  t.ok((await complete(client, slow, 'vm', '')).values.length > 5, 'and is asked again')
})
