import t from 'tap'
import { clientFor, clusterFor } from '../../../helper/cluster-client.ts'
import { until } from '../../../helper/simulator.ts'

const file = '/update/update_status.json'

t.test('one look for all who ask, and none more for some seconds', async (t) => {
  const { simulator, client } = await clusterFor(t)
  const looks = (): number => simulator.requests.filter(({ path }) => path === file).length
  const states = await Promise.all(Array.from({ length: 30 }, () => client.updates.look()))
  for (const state of states) t.match(state, { phase: 'NONE', running: false })
  t.equal(looks(), 3, 'once a node')
  await client.updates.look({ whole: true })
  t.equal(looks(), 3)
  t.notOk(
    simulator.requests.some(({ path }) => path.endsWith('/login')),
    'without a session'
  )
})

t.test('what was seen is looked at again after its time', async (t) => {
  const { simulator, client } = await clusterFor(t, {}, { updates: { freshMs: 0 } })
  await client.updates.look()
  await client.updates.look()
  t.equal(simulator.requests.filter(({ path }) => path === file).length, 6)
})

t.test('a node that does not respond is named, and delays no caller', async (t) => {
  const { simulator, client, hosts } = await clusterFor(
    t,
    {},
    { updates: { freshMs: 0, nodeMs: 900, othersMs: 50 } }
  )
  simulator.faults.add({ kind: 'black-hole', node: 1 })
  simulator.faults.add({ kind: 'html-error', path: file, node: 2 })
  const startedAt = performance.now()
  t.match(await client.updates.look(), { phase: 'NONE', running: false })
  t.ok(performance.now() - startedAt < 700, 'not waited for')
  const { nodes } = await client.updates.look({ whole: true })
  t.match(nodes, [
    { node: hosts[0], phase: 'NONE' },
    { node: hosts[1], phase: 'UNKNOWN', error: /did not/ },
    { node: hosts[2], phase: 'UNKNOWN', error: 'returned 503' }
  ])
})

t.test('no node responds: unknown, and not an error', async (t) => {
  const { client } = clientFor(t, ['https://127.0.0.1:1', 'https://127.0.0.1:2'])
  const state = await client.updates.look({ whole: true })
  t.match(state, { phase: 'UNKNOWN', running: false })
  t.match(state.nodes[1], { node: '127.0.0.1:2', error: /refused/ })
})

t.test('an update begun here is known before its file', async (t) => {
  const { client } = await clusterFor(t, { speed: 1 }, { updates: { freshMs: 60_000 } })
  t.match(await client.updates.look(), { running: false })
  const [offer] = await client.list('/Update')
  const version = offer?.uuid ?? ''
  await client.write('POST', `/Update/${version}/apply`)
  t.match(await client.updates.look(), { phase: 'PREPARING', toVersion: version, running: true })
})

t.test('a cluster of one node that restarts is assumed to continue its update', async (t) => {
  const updates = { freshMs: 0, runningFreshMs: 0, nodeMs: 100, silenceMs: 60_000 }
  const { simulator, client } = await clusterFor(t, { nodes: 1, speed: 10 }, { updates })
  const [offer] = await client.list('/Update')
  await client.write('POST', `/Update/${offer?.uuid}/apply`)
  const phases = new Set<string>()
  let silent = false
  await until(async () => {
    const state = await client.updates.look()
    phases.add(state.phase)
    silent ||= state.silentMs !== undefined
    return state.phase === 'COMPLETE'
  })
  t.same([...phases], ['PREPARING', 'APPLYING', 'COMPLETE'], 'in this order, and never unknown')
  t.ok(silent, 'it was silent in between')
  t.equal(simulator.world.state.cluster.icosVersion, offer?.uuid)

  const quiet = await clusterFor(
    t,
    { nodes: 1, speed: 1 },
    { updates: { ...updates, silenceMs: 0, beginMs: 0 } }
  )
  const [other] = await quiet.client.list('/Update')
  await quiet.client.write('POST', `/Update/${other?.uuid}/apply`)
  await until(async () => (await quiet.client.updates.look()).running)
  quiet.simulator.faults.add({ kind: 'node-down', node: 0 })
  t.match(await quiet.client.updates.look(), { phase: 'UNKNOWN' }, 'but not for ever')
})
