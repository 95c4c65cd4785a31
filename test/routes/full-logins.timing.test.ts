import t from 'tap'
import { ClusterNode } from '../../src/hypercore/transport/cluster-node.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { until } from '../helper/simulator.ts'

/** The nodes that this process has asked for anything. */
const nodes = new Set<ClusterNode>()
const send = Reflect.get(ClusterNode.prototype, 'send')
ClusterNode.prototype.send = function (request) {
  nodes.add(this)
  return send.call(this, request)
}

t.test('logins that hang at one node hold up no probe of the others, nor for ever', async (t) => {
  const bridge = await startTestBridge(t, { timings: { readyFreshMs: 0 } })
  t.match(await bridge.fetch('/ready'), { status: 200, body: { nodesAnswering: 3 } })
  const full = [...nodes].find(({ origin }) => origin === bridge.simulator.urls[0])
  if (full === undefined) throw new Error('The first node was not probed')
  const lane = async (state: string): Promise<number> => {
    const { text } = await bridge.fetch('/metrics')
    const line = `scale_bridge_cluster_lane_requests\\{lane="login",state="${state}"\\} (\\d+)`
    return Number(new RegExp(line).exec(text)?.[1])
  }
  t.same([await lane('under_way'), await lane('waiting')], [0, 0])

  bridge.simulator.faults.add({ kind: 'hang', path: '/login' })
  const gone = new AbortController()
  const logins = Array.from({ length: 8 }, () =>
    full.send({ method: 'POST', target: '/login', body: '{}', signal: gone.signal })
  )
  const ended = Promise.allSettled(logins)
  await until(async () => (await lane('under_way')) === 8)
  const startedAt = performance.now()
  const probe = bridge.fetch('/ready')
  await until(async () => (await lane('waiting')) === 1)
  t.match(await probe, { status: 200, body: { status: 'ready', nodesAnswering: 2 } })
  const ms = performance.now() - startedAt
  t.ok(ms > 4000 && ms < 8000, `a probe has 5 s, this one took ${Math.round(ms)} ms`)
  t.same([await lane('under_way'), await lane('waiting')], [8, 0])

  gone.abort()
  await ended
  t.equal(await lane('under_way'), 0)
  const { body } = await bridge.fetch('/ready')
  t.match(body, { nodesAnswering: 3 })
  t.notOk('breakers' in body, 'that it had no place says nothing about the node')
})
