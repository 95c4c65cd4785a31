import t from 'tap'
import { setTimeout as delay } from 'node:timers/promises'
import { startTestBridge, type TestBridge, type ToolAnswer } from './helper/bridge.ts'
import { PlainClient, until } from './helper/simulator.ts'

/**
 * An update that rolls over three nodes in front of clients that call throughout. The responses are
 * compared with what the cluster does.
 */

const updates = { freshMs: 300, runningFreshMs: 100, nodeMs: 400, othersMs: 100 }
/** As far as its own time runs ahead of that of a real cluster, so is its client less patient. */
const timeouts = { connectMs: 1000, headersMs: 3000, moveOnMs: 150, restMs: 100 }

/** What is said may be as old as this. */
const lagMs = updates.runningFreshMs + updates.nodeMs + 300

const start = (t: Parameters<typeof startTestBridge>[0], duringUpdate: 'refuse' | 'allow') =>
  startTestBridge(t, {
    simulator: { speed: 8 },
    cluster: { updates, timeouts },
    config: { duringUpdate }
  })

const offered = ({ simulator }: TestBridge): string =>
  simulator.world.state.updates.map(({ uuid }) => uuid as string)[0] ?? ''

const isDone = ({ simulator }: TestBridge, version: string): boolean =>
  simulator.world.state.cluster.icosVersion === version

interface Told {
  at: number
  ms: number
  tool: string
  answer: ToolAnswer
}

/** Calls again and again until `stop` is aborted. */
async function keepCalling(
  bridge: TestBridge,
  tool: string,
  args: (turn: number) => object,
  stop: AbortSignal
): Promise<Told[]> {
  const told: Told[] = []
  for (let turn = 0; !stop.aborted; turn += 1) {
    const at = performance.now()
    const answer =
      tool === '/ready' ? await bridge.fetch(tool) : await bridge.call(tool, args(turn))
    told.push({ at, ms: performance.now() - at, tool, answer })
    await delay(25)
  }
  return told
}

t.test('a rolling update, from its beginning to its end', { timeout: 120_000 }, async (t) => {
  const bridge = await start(t, 'refuse')
  const { simulator } = bridge
  const call: typeof bridge.call = (...given) => bridge.call(...given)
  const version = offered(bridge)
  const from = simulator.world.state.cluster.icosVersion
  const lanIPs = [...simulator.world.state.nodes.values()].map(({ lanIP }) => lanIP)
  await call('ping_read')
  const over = new AbortController()
  const vmUUID = bridge.vm('web-01')
  const loops = Promise.all([
    keepCalling(bridge, 'vm_read', () => ({ limit: 1 }), over.signal),
    keepCalling(bridge, 'cluster_read', () => ({}), over.signal),
    keepCalling(bridge, 'update_read', () => ({}), over.signal),
    keepCalling(bridge, '/ready', () => ({}), over.signal),
    keepCalling(
      bridge,
      'changeVM_state',
      (turn) => ({ vmUUID, actionType: turn % 2 === 0 ? 'PAUSE' : 'START', again: true }),
      over.signal
    ),
    keepCalling(
      bridge,
      'run_api',
      (turn) => ({
        method: 'POST',
        query: `/VirDomain/${vmUUID}/clone`,
        payload: { template: { name: `copy-${turn}` } },
        wait: 0
      }),
      over.signal
    )
  ])
  await delay(700)
  const applied = await call('run_api', { method: 'POST', query: `/Update/${version}/apply` })
  const begunAt = performance.now()
  t.equal(applied.status, 200, JSON.stringify(applied.body))
  // It ends somewhere between the last look that saw it and the first that did not.
  let seenAt = begunAt
  await until(() => {
    const at = performance.now()
    const isOver = isDone(bridge, version)
    if (!isOver) seenAt = at
    return isOver
  })
  const doneAt = performance.now()
  await delay(lagMs + 700)
  over.abort()
  const told = (await loops).flat()

  const running = ({ at, ms }: Told): boolean => at > begunAt && at + ms < seenAt
  const idle = ({ at, ms }: Told): boolean => at + ms < begunAt - 50 || at > doneAt + lagMs
  const lies: string[] = []
  const seen = new Map<string, number>()
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  for (const each of told) {
    const { tool, answer } = each
    const { status, body } = answer
    const when = running(each) ? 'during' : idle(each) ? 'before and after' : 'about then'
    count(`${tool} ${status} ${when}`)
    const lie = (why: string): void => {
      const at = Math.round(each.at - begunAt)
      lies.push(
        `${tool} at ${at} ms (${when}): ${why}: ${status} ${JSON.stringify(body).slice(0, 400)}`
      )
    }
    const isWrite = tool === 'changeVM_state' || tool === 'run_api'
    const update = isWrite || status !== 200 ? body.error?.update : body.update
    if (idle(each)) {
      if (tool === 'update_read' ? body.running : update !== undefined) lie('an update is told')
      if (status !== 200) lie('failed')
      continue
    }
    if (!running(each)) continue
    if (isWrite) {
      if (body.error?.code !== 'UPDATE_IN_PROGRESS' || status !== 409) lie('was not refused')
      else if (update?.to !== version) lie('does not say to which version')
    } else if (tool === 'update_read' && status === 200) {
      if (!body.running || body.to !== version || body.from !== from) lie('not as it is')
      if (body.phase === 'APPLYING' && !lanIPs.includes(body.node)) lie('not the node')
    } else if (status !== 200 && tool !== '/ready') {
      if (update === undefined || !/update/.test(body.error?.message)) lie('no reason')
    } else if (tool === 'cluster_read' || tool === '/ready') {
      if (update?.to !== version || update?.from !== from) lie('not the versions')
      if (
        update?.phase === 'APPLYING' &&
        !(tool === '/ready' ? ['1', '2', '3'] : lanIPs).includes(String(update?.node))
      )
        lie('not the node')
    }
  }
  t.comment(
    [...seen]
      .map(([what, times]) => `${what}: ${times}`)
      .toSorted()
      .join('\n')
  )
  t.comment(
    `${told.length} calls, ${lies.length} misreported, slowest ${Math.round(Math.max(...told.map(({ ms }) => ms)))} ms`
  )
  t.same(lies.slice(0, 20), [])
  t.ok((seen.get('changeVM_state 409 during') ?? 0) > 20, 'writes were refused')
  t.ok((seen.get('vm_read 200 during') ?? 0) > 50, 'reads went on')

  const nodes = new Set(
    told
      .map(({ answer }) => answer.body.node as string)
      .filter((node: string) => lanIPs.includes(node))
  )
  t.same(nodes, new Set(lanIPs), 'each node was named in its turn')
  const after = await call('update_read')
  t.match(after.body, {
    phase: 'COMPLETE',
    running: false,
    installed: version,
    available: [],
    to: version
  })
  t.match((await call('changeVM_state', { vmUUID, actionType: 'STOP' })).body, {
    state: 'COMPLETE'
  })
})

t.test('an update that another client started is seen', { timeout: 60_000 }, async (t) => {
  const bridge = await start(t, 'refuse')
  const vmUUID = bridge.vm('web-01')
  const cluster = new PlainClient(bridge.simulator.urls[0] ?? '', 'admin', 'admin', 'fresh')
  const version = offered(bridge)
  await cluster.post(`/Update/${version}/apply`)
  await until(async () => (await bridge.call('update_read')).body.running)
  await delay(lagMs)
  t.match(await bridge.call('snapshotVM', { vmUUID, label: 'now' }), {
    status: 409,
    body: { error: { code: 'UPDATE_IN_PROGRESS', update: { phase: /ING$/, to: version } } }
  })
  const { text } = await bridge.call('cluster_read', {}, { accept: 'text/plain' })
  t.match(text, /^update: The cluster is preparing an update from \S+ to \S+ \("[A-Z ]+"\)\.$/m)

  // What an update cannot hurt is done all the same.
  t.match(await bridge.call('updateVM', { vmUUID, description: 'seen', wait: 0 }), { status: 200 })
  const patch = { method: 'PATCH', query: `/VirDomain/${vmUUID}`, wait: 0 }
  t.match(await bridge.call('run_api', { ...patch, payload: { tags: 'a' } }), { status: 200 })
  t.match(await bridge.call('run_api', { ...patch, payload: { tags: 'b', mem: 2 ** 31 } }), {
    status: 409
  })
  t.match(await bridge.call('run_api', { ...patch, payload: { mem: 2 ** 31 }, check: true }), {
    status: 200
  })
  const second = { method: 'POST', query: `/Update/${version}/apply` }
  t.match(await bridge.call('run_api', second), { body: { error: { code: 'UPDATE_IN_PROGRESS' } } })
})

t.test('a failure names the update that may be the reason', { timeout: 60_000 }, async (t) => {
  const bridge = await startTestBridge(t, { simulator: { speed: 1 }, cluster: { timeouts } })
  const { faults, world } = bridge.simulator
  const from = world.state.cluster.icosVersion
  const to = offered(bridge)
  const vmUUID = bridge.vm('web-01')
  const failsWith = async (code: string, tool: string, args: object): Promise<void> => {
    const { body } = await bridge.call(tool, args)
    t.match(body.error, {
      code,
      message: `the cluster is preparing an update from ${from} to ${to}`,
      update: { phase: 'PREPARING', from, to }
    })
    t.match(body.error.message, /update_read shows how far the update is\.$/)
  }
  faults.add({ kind: 'error-500' })
  const { body } = await bridge.call('vm_read')
  t.equal(body.error.update, undefined, 'nothing is said where none is running')
  faults.clear()

  const apply = { method: 'POST', query: `/Update/${to}/apply` }
  t.equal((await bridge.call('run_api', apply)).status, 200)
  await bridge.call('update_read')
  faults.add({ kind: 'error-500' })
  await failsWith('CLUSTER_ERROR', 'vm_read', {})
  faults.clear()
  faults.add({ kind: 'html-502' })
  await failsWith('CLUSTER_BAD_ANSWER', 'vm_read', {})
  faults.clear()
  faults.add({ kind: 'reset-after', method: 'PATCH' })
  await failsWith('OUTCOME_UNKNOWN', 'updateVM', { vmUUID, description: 'x' })
  faults.clear()
  faults.add({ kind: 'node-down' })
  await failsWith('CLUSTER_UNREACHABLE', 'vm_read', {})
  const ready = await bridge.fetch('/ready')
  t.match(ready, { status: 503, body: { code: 'CLUSTER_UNREACHABLE', update: { from, to } } })
  t.notMatch(ready.text, /127\.0\.0|10\.20\.0/, 'without addresses')
})

t.test('DURING_UPDATE=allow lets writes through, with a word', { timeout: 60_000 }, async (t) => {
  const bridge = await start(t, 'allow')
  const apply = { method: 'POST', query: `/Update/${offered(bridge)}/apply` }
  t.equal((await bridge.call('run_api', apply)).status, 200)
  const args = { vmUUID: bridge.vm('web-01'), label: 'now' }
  const { status, body } = await bridge.call('snapshotVM', args)
  t.equal(status, 200)
  t.match(body.notes, [/preparing an update .* may cut this off/])
})
