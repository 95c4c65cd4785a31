import type { Test } from 'tap'
import t from 'tap'
import type { HyperCoreOptions } from '../../../../src/hypercore/client.ts'
import type { Node } from '../../../../src/hypercore/records/records.ts'
import type { FoundList } from '../../../../src/hypercore/discovery/found-nodes.ts'
import { KeptNodes } from '../../../../src/replicas/kept-nodes.ts'
import type { Simulator } from '../../../../src/simulator/simulator.ts'
import { MemoryStore } from '../../../../src/store/memory-store.ts'
import { clientFor, createUser, type TestClient } from '../../../helper/cluster-client.ts'
import { UnsteadyStore } from '../../store/unsteady-store.ts'
import { holdTimers } from '../../../helper/held-timers.ts'
import { simulatorFor, until } from '../../../helper/simulator.ts'

interface Setup extends TestClient {
  simulator: Simulator
  hosts: string[]
  /** Records of the nodes, in their order. */
  records: Node[]
  /** Reads the list, and waits until it was followed. */
  look: () => Promise<void>
  /** `127.0.0.1 127.0.0.2`: the nodes that are asked; in brackets those that are asked last. */
  asked: () => string
  /** How often a node was asked anything. */
  requests: (node: number) => number
}

const waitFor = 3_600_000
const timings = { listMs: waitFor, retryMs: 0, graceMs: waitFor }

/** A cluster of `count.nodes` nodes, of which the first `count.configured` are in the settings. */
async function setup(
  t: Test,
  count: { nodes: number; configured: number },
  options: Partial<HyperCoreOptions> = {},
  present?: Simulator
): Promise<Setup> {
  const simulator = present ?? (await simulatorFor(t, { nodes: count.nodes, vms: 2 }))
  const { client, log } = clientFor(t, simulator.urls.slice(0, count.configured), {
    tls: { mode: 'pin', fingerprints: simulator.fingerprints },
    discover: timings,
    ...options
  })
  const name = (node: string): string => node.split(':')[0] ?? ''
  return {
    simulator,
    client,
    log,
    hosts: simulator.urls.map((url) => new URL(url).host),
    records: [...simulator.world.state.nodes.values()],
    async look() {
      await client.list('/Node')
      await client.nodeLists.settled()
    },
    asked: () =>
      client
        .traffic()
        .nodes.map(({ node, left }) => (left ? `(${name(node)})` : name(node)))
        .join(' '),
    requests: (node) => simulator.requests.filter((each) => each.node === node).length
  }
}

const said = ({ log }: TestClient, text: RegExp): number =>
  log.filter(({ message }) => text.test(message)).length

const nodesDown = ({ simulator }: Pick<Setup, 'simulator'>, ...nodes: number[]): void => {
  for (const node of nodes) simulator.faults.add({ kind: 'node-down', node })
}

t.test('a node that joins is asked as the others are', async (t) => {
  const cluster = await setup(t, { nodes: 3, configured: 2 })
  const { simulator, client, records, hosts, look, asked, requests } = cluster
  const [, , third] = records
  if (third === undefined) throw new Error('No third node')
  simulator.world.state.nodes.delete(third.uuid)
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2')
  t.equal(requests(2), 0, 'nothing is asked off the list')

  simulator.world.state.nodes.set(third.uuid, third)
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2 127.0.0.3')
  t.equal(said(cluster, /127\.0\.0\.3:\d+ was found in the cluster's list/), 1)
  t.match(client.traffic().nodes[2], { number: 3, found: true })
  t.same(client.nodeLists.unlisted, { count: 0, addresses: [] })
  t.equal((await client.probe()).length, 3)

  nodesDown(cluster, 0, 1)
  const { node } = await client.request({ method: 'GET', path: '/VirDomain' })
  t.equal(node, hosts[2], 'where the others fail, it responds')
  await createUser(client)
  t.equal(simulator.sessions.openedByNode.get(third.uuid), 1, 'with a session of its own')
  await client.close({ logout: true })
  t.equal(said(cluster, /Logged out/), 1)
})

t.test('the list is asked for with a call, once it is old', async (t) => {
  const discover = { ...timings, listMs: 0 }
  const { client, asked } = await setup(t, { nodes: 3, configured: 1 }, { discover })
  await client.list('/VirDomain')
  await until(() => asked() === '127.0.0.1 127.0.0.2 127.0.0.3')
})

t.test('without the setting nothing is looked for', async (t) => {
  const cluster = await setup(t, { nodes: 3, configured: 1 }, { discover: undefined })
  await cluster.client.list('/VirDomain')
  await cluster.look()
  t.equal(cluster.asked(), '127.0.0.1')
  t.equal(cluster.client.traffic().discovered, undefined)
  t.same([cluster.requests(1), cluster.requests(2)], [0, 0])
  t.equal(cluster.client.nodeLists.unlisted.count, 2)
})

t.test('a node that leaves is asked last, then forgotten', async (t) => {
  const discover = { ...timings, graceMs: 50 }
  const cluster = await setup(t, { nodes: 4, configured: 1 }, { discover })
  const { simulator, client, records, hosts, look, asked } = cluster
  await look()
  const revive = simulator.faults.add({ kind: 'node-down', node: 0 })
  t.equal((await client.request({ method: 'GET', path: '/Drive' })).node, hosts[1])
  revive()
  await look()
  simulator.world.state.nodes.delete(records[1]?.uuid ?? '')
  await look()
  t.equal(asked(), '127.0.0.1 (127.0.0.2) 127.0.0.3 127.0.0.4')
  t.equal(said(cluster, /no longer lists .*: it is tried last/), 1)
  await until(async () => {
    await look()
    return asked() === '127.0.0.1 127.0.0.3 127.0.0.4'
  })
  t.equal(said(cluster, /127\.0\.0\.2:\d+ is dropped: it is no longer/), 1)
  await until(() =>
    simulator.requests.some(
      ({ node, path, status }) => node === 1 && path === '/rest/v1/logout' && status === 200
    )
  )
  t.pass('its session is logged out')
})

t.test('a node of the settings that leaves stays, last, and it is said', async (t) => {
  const discover = { ...timings, graceMs: 0 }
  const cluster = await setup(t, { nodes: 3, configured: 3 }, { discover })
  const { simulator, client, records, hosts, look, asked } = cluster
  await look()
  const [first] = records
  simulator.world.state.nodes.delete(first?.uuid ?? '')
  await look()
  await look()
  t.equal(asked(), '(127.0.0.1) 127.0.0.2 127.0.0.3')
  t.equal(
    said(cluster, /127\.0\.0\.1:\d+ is in SCALE_HOST, and the cluster's list of nodes lacks it/),
    1
  )
  t.equal((await client.request({ method: 'GET', path: '/Drive' })).node, hosts[1])
  nodesDown(cluster, 1, 2)
  t.equal((await client.request({ method: 'GET', path: '/Drive' })).node, hosts[0])
  simulator.faults.clear()
  if (first !== undefined) simulator.world.state.nodes.set(first.uuid, first)
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2 127.0.0.3')
})

t.test('a node that moves is followed', async (t) => {
  const cluster = await setup(t, { nodes: 4, configured: 2 })
  const { simulator, client, records, hosts, look, asked, requests } = cluster
  const [first, second, third, spare] = records
  if (first === undefined || second === undefined || third === undefined || spare === undefined)
    throw new Error('No four nodes')
  // The fourth is there to respond at the new address.
  simulator.world.state.nodes.delete(spare.uuid)
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2 127.0.0.3')
  t.equal(requests(3), 0)
  third.lanIP = '127.0.0.4'
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2 (127.0.0.3) 127.0.0.4', 'one that was found')
  third.lanIP = '127.0.0.3'
  second.lanIP = '127.0.0.4'
  await look()
  t.equal(asked(), '127.0.0.1 (127.0.0.2) 127.0.0.3 127.0.0.4', 'one of the settings')
  t.equal(said(cluster, /127\.0\.0\.2:\d+ is in SCALE_HOST, .* is at 127\.0\.0\.4:\d+ now/), 1)
  nodesDown(cluster, 0, 1, 2)
  t.equal((await client.request({ method: 'GET', path: '/Drive' })).node, hosts[3])
})

t.test('a node with a certificate that is not trusted is not used', async (t) => {
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  const [pinned = '', other = ''] = simulator.fingerprints
  let pins = [pinned]
  let changed = false
  const access = { username: 'admin', password: 'admin', useOidc: false }
  const { client, log } = clientFor(t, simulator.urls.slice(0, 1), {
    tls: { mode: 'pin', fingerprints: pins },
    discover: timings,
    accessSource: {
      fixed: [],
      read: async () =>
        changed ? { ...access, tls: { mode: 'pin', fingerprints: pins } } : undefined
    }
  })
  const look = async (): Promise<void> => {
    await client.list('/Node')
    await client.nodeLists.settled()
  }
  await look()
  await look()
  const to = (node: number): number =>
    simulator.requests.filter((each) => each.node === node).length
  t.equal(client.traffic().nodes.length, 1)
  t.equal(to(1), 0, 'not a byte of a request was sent to it')
  const refusals = log.filter(({ message }) => /is not used: .*not pinned/.test(message))
  t.equal(refusals.length, 1, 'said once')
  t.match(refusals[0]?.message, other, 'with its fingerprint')
  t.match(client.nodeLists.unlisted, { count: 1, addresses: [/^127\.0\.0\.2:/] })
  t.match(client.traffic().discovered?.found, [{ used: false, problem: /not pinned/ }])

  pins = [pinned, other]
  changed = true
  await look()
  t.equal(client.traffic().nodes.length, 2, 'once it is pinned, it is')
})

t.test('a node that does not respond is tried again', async (t) => {
  const cluster = await setup(t, { nodes: 2, configured: 1 })
  nodesDown(cluster, 1)
  await cluster.look()
  t.equal(cluster.asked(), '127.0.0.1')
  t.equal(said(cluster, /is in the cluster's list and is not used: .*connection/), 1)
  cluster.simulator.faults.clear()
  await cluster.look()
  t.equal(cluster.asked(), '127.0.0.1 127.0.0.2')
})

t.test('a list that empties, or lacks most, is not followed', async (t) => {
  const cluster = await setup(t, { nodes: 3, configured: 1 })
  const { simulator, client, records, look, asked } = cluster
  await look()
  const all = '127.0.0.1 127.0.0.2 127.0.0.3'
  simulator.world.state.nodes.clear()
  await look()
  t.equal(asked(), all)
  const [, , third] = records
  if (third !== undefined) simulator.world.state.nodes.set(third.uuid, third)
  await look()
  await look()
  t.equal(asked(), all)
  t.equal(said(cluster, /not followed: its list has 1 of the 3 nodes/), 1)
  t.match(client.traffic().discovered?.doubt, /1 of the 3/)
  for (const record of records) simulator.world.state.nodes.set(record.uuid, record)
  await look()
  t.equal(client.traffic().discovered?.doubt, undefined)
})

t.test('behind address translation it does nothing, and says so', async (t) => {
  const cluster = await setup(t, { nodes: 3, configured: 2 })
  const { records, client, look, asked, requests } = cluster
  for (const [at, record] of records.entries()) record.lanIP = `127.0.1.${at + 1}`
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.2')
  t.equal(requests(2), 0)
  t.equal(said(cluster, /not followed: the cluster knows itself by other addresses/), 1)
  t.equal(client.nodeLists.unlisted.count, 1, 'how many are missing is told as without the setting')
})

t.test('a call at a node that is forgotten ends as it does', async (t) => {
  const discover = { ...timings, graceMs: 0 }
  const cluster = await setup(t, { nodes: 3, configured: 1 }, { discover })
  const { simulator, client, records, hosts, look, asked } = cluster
  await look()
  const revive = simulator.faults.add({ kind: 'node-down', node: 0 })
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', path: '/User', ms: 4_000_000 })
  await client.list('/Drive')
  const write = createUser(client)
  await until(() => waits.waiting.length === 1)
  revive()
  simulator.world.state.nodes.delete(records[1]?.uuid ?? '')
  await look()
  t.equal(asked(), '127.0.0.1 127.0.0.3')
  waits.release()
  t.equal((await write).node, hosts[1])
})

/** What is kept of the nodes of a simulated cluster, all but the first found. */
function keptOf({ world, urls }: Simulator): FoundList {
  const uuids = [...world.state.nodes.keys()]
  const members = new Map(uuids.map((uuid, at) => [uuid, urls[at] ?? '']))
  return { members, homes: new Map([...members].slice(0, 1)), used: urls.slice(1) }
}

const keeper = (): KeptNodes => new KeptNodes({ store: new MemoryStore(), cluster: 'one' })
const inOrder = (asked: string): string => asked.split(' ').toSorted().join(' ')

t.test(
  'after a restart what was found is asked, also where the settings lead nowhere',
  async (t) => {
    const kept = keeper()
    const discover = { ...timings, retryMs: 20, kept }
    const cluster = await setup(t, { nodes: 4, configured: 1 }, { discover })
    const { simulator, hosts, records, look, requests } = cluster
    const origins = hosts.map((host) => `https://${host}`)
    await look()
    t.same(await kept.read(), keptOf(simulator))
    nodesDown(cluster, 0, 2)
    const restarted = await setup(t, { nodes: 4, configured: 1 }, { discover }, simulator)
    const asked = (): string => inOrder(restarted.asked())
    restarted.client.nodeLists.restore()
    await until(() => asked() === '(127.0.0.2) (127.0.0.4) 127.0.0.1')
    const before = requests(1) + requests(3)
    await restarted.client.request({ method: 'GET', path: '/VirDomain' })
    t.ok(requests(1) + requests(3) > before)
    await restarted.look()
    t.equal(asked(), '127.0.0.1 127.0.0.2 127.0.0.4', 'a list has them')
    t.same((await kept.read())?.used, origins.slice(1), 'one that is down is kept')

    simulator.faults.clear()
    await until(async () => {
      await restarted.look()
      return asked() === '127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4'
    })
    simulator.world.state.nodes.delete(records[1]?.uuid ?? '')
    await restarted.look()
    t.same((await kept.read())?.used, origins.slice(2), 'one that has left is not')
  }
)

t.test(
  'after a restart a list without the nodes of the settings is followed as before it',
  async (t) => {
    const kept = keeper()
    const discover = { ...timings, graceMs: 0, kept }
    const simulator = await simulatorFor(t, { nodes: 4, vms: 2 })
    await kept.keep(keptOf(simulator))
    const cluster = await setup(t, { nodes: 4, configured: 1 }, { discover }, simulator)
    const { client, records, look } = cluster
    client.nodeLists.restore()
    await client.nodeLists.settled()
    const nodes = simulator.world.state.nodes
    const [first, , third, fourth] = records
    for (const record of [first, third]) nodes.delete(record?.uuid ?? '')
    await look()
    await look()
    t.equal(client.traffic().discovered?.doubt, undefined)
    t.equal(inOrder(cluster.asked()), '(127.0.0.1) 127.0.0.2 127.0.0.4', 'what left is forgotten')
    nodes.delete(fourth?.uuid ?? '')
    nodes.set('x', { ...(first as Node), uuid: 'x' })
    await look()
    t.equal(client.traffic().discovered?.doubt, undefined)
  }
)

t.test('a cluster that was set up again at the same addresses is a new one', async (t) => {
  const kept = keeper()
  const simulator = await simulatorFor(t, { nodes: 3, vms: 2 })
  const { members, ...rest } = keptOf(simulator)
  await kept.keep({
    ...rest,
    members: new Map([...members].map(([, url], at) => [`old-${at}`, url]))
  })
  const discover = { ...timings, kept }
  const cluster = await setup(t, { nodes: 3, configured: 1 }, { discover }, simulator)
  cluster.client.nodeLists.restore()
  await cluster.look()
  t.equal(cluster.client.traffic().discovered?.doubt, undefined)
  t.equal(inOrder(cluster.asked()), '127.0.0.1 127.0.0.2 127.0.0.3')
})

t.test('without a list, nodes that are kept are tried until they respond', async (t) => {
  const kept = keeper()
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  await kept.keep(keptOf(simulator))
  nodesDown({ simulator }, 0, 1)
  const discover = { ...timings, retryMs: 20, kept }
  const cluster = await setup(t, { nodes: 2, configured: 1 }, { discover }, simulator)
  cluster.client.nodeLists.restore()
  await until(() => said(cluster, /127\.0\.0\.2:\d+ is in the cluster's list and is not used/) > 0)
  t.equal(cluster.asked(), '127.0.0.1')
  simulator.faults.clear()
  nodesDown(cluster, 0)
  await until(() => cluster.asked() === '127.0.0.1 (127.0.0.2)')
  await cluster.client.request({ method: 'GET', path: '/VirDomain' })
})

t.test('a node that is kept is asked nothing before its certificate is trusted', async (t) => {
  const kept = keeper()
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  await kept.keep(keptOf(simulator))
  const [first = ''] = simulator.fingerprints
  const options: Partial<HyperCoreOptions> = {
    discover: { ...timings, retryMs: waitFor, kept },
    tls: { mode: 'pin', fingerprints: [first] }
  }
  const cluster = await setup(t, { nodes: 2, configured: 1 }, options, simulator)
  cluster.client.nodeLists.restore()
  await cluster.client.nodeLists.settled()
  t.match(cluster.client.traffic().discovered?.found, [{ used: false, problem: /certificate/ }])
  t.equal(cluster.requests(1), 0)
})

t.test('a store that fails keeps nothing up, and is read again', async (t) => {
  const store = new UnsteadyStore()
  const kept = new KeptNodes({ store, cluster: 'one' })
  const simulator = await simulatorFor(t, { nodes: 2, vms: 2 })
  await kept.keep(keptOf(simulator))
  store.fails = 'always'
  const discover = { ...timings, retryMs: 20, kept }
  const late = await setup(t, { nodes: 2, configured: 1 }, { discover }, simulator)
  late.client.nodeLists.restore()
  await until(() => said(late, /could not be looked for/) > 1)
  store.fails = 'never'
  await until(() => late.asked() === '127.0.0.1 (127.0.0.2)')
  store.fails = 'always'
  const cluster = await setup(t, { nodes: 2, configured: 1 }, { discover }, simulator)
  await cluster.look()
  t.equal(cluster.asked(), '127.0.0.1 127.0.0.2')
})
