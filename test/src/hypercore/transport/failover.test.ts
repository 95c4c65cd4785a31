import t from 'tap'
import { failedEverywhere, NodeFailure } from '../../../../src/hypercore/transport/node-failure.ts'
import type { Fault } from '../../../../src/simulator/faults.ts'
import { clientFor, clusterFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { type Answer, json, startOddServer } from '../../../helper/odd-server.ts'
import { until } from '../../../helper/simulator.ts'

const newUser = { username: 'second', password: 'secret-of-the-second' }

t.test('a node that is down costs no call: reads and writes go to the next', async (t) => {
  const { simulator, client, calls, hosts } = await clusterFor(t)
  simulator.faults.add({ kind: 'node-down', node: 0 })
  const read = await client.request({ method: 'GET', path: '/Node' })
  t.equal(read.node, hosts[1])
  const write = await client.request({ method: 'POST', path: '/User', body: newUser })
  t.equal(write.node, hosts[1])
  t.same(calls('/login'), [1])
})

t.test('with two of three nodes down the third is found', async (t) => {
  const { simulator, client, hosts } = await clusterFor(t)
  simulator.faults.add({ kind: 'node-down', node: 0 })
  simulator.faults.add({ kind: 'node-down', node: 1 })
  const write = await client.request({ method: 'POST', path: '/User', body: newUser })
  t.equal(write.node, hosts[2])
})

t.test('all nodes down: one error that names them', async (t) => {
  const { simulator, client, hosts } = await clusterFor(t)
  simulator.faults.add({ kind: 'node-down' })
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_UNREACHABLE')
  t.equal(error.statusCode, 503)
  for (const host of hosts) t.match(error.message, host)
  t.match(error.message, /refused the connection/)
  t.match(error.message, /SCALE_HOST/)
  const write = await failureOf(client.write('POST', '/User', newUser))
  t.equal(write.code, 'CLUSTER_UNREACHABLE', 'nothing was sent, so its outcome is known')
})

t.test('a node that came back is preferred again once it answered a check', async (t) => {
  const rests = { timeouts: { restMs: 50 } }
  const { simulator, client, hosts, calls } = await clusterFor(t, {}, rests)
  const revive = simulator.faults.add({ kind: 'node-down', node: 0 })
  await client.list('/Node')
  revive()
  t.equal((await client.request({ method: 'GET', path: '/Node' })).node, hosts[1])
  await until(
    async () => (await client.request({ method: 'GET', path: '/Node' })).node === hosts[0]
  )
  t.same(calls('/ping'), [0], 'one check, in the background')
})

const lost: Fault[] = [
  { kind: 'reset-before', node: 0, path: '/User' },
  { kind: 'reset-after', node: 0, path: '/User' },
  { kind: 'html-502', node: 0, path: '/User' },
  { kind: 'truncated-json', node: 0, path: '/User' }
]

for (const fault of lost) {
  t.test(`${fault.kind}: a read is repeated on another node`, async (t) => {
    const { simulator, client, calls } = await clusterFor(t)
    await client.list('/Node')
    simulator.faults.add(fault)
    t.ok((await client.list('/User')).length > 0)
    t.same(calls('/User'), [0, 1])
  })

  t.test(`${fault.kind}: a write is not repeated, its outcome is unknown`, async (t) => {
    const { simulator, client, calls, hosts } = await clusterFor(t)
    await client.list('/Node')
    simulator.faults.add(fault)
    const error = await failureOf(client.write('POST', '/User', newUser))
    t.equal(error.code, 'OUTCOME_UNKNOWN')
    t.equal(error.statusCode, 502)
    t.match(error.message, hosts[0])
    t.match(error.message, /may or may not have been carried out/)
    t.equal(error.details.node, hosts[0])
    t.same(calls('/User'), [0])
  })
}

t.test('on a single node a read that was reset is repeated once', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, { nodes: 1 })
  await client.list('/Node')
  simulator.faults.add({ kind: 'reset-before', path: '/User', times: 1 })
  t.ok((await client.list('/User')).length > 0)
  t.equal(calls('/User').length, 2)
  simulator.faults.add({ kind: 'reset-after', path: '/User' })
  t.equal((await failureOf(client.list('/User'))).code, 'CLUSTER_UNREACHABLE')
  t.equal(calls('/User').length, 4)
})

t.test('a login that is lost leaves the write unsent: it goes elsewhere', async (t) => {
  for (const kind of ['reset-after', 'html-502', 'truncated-json'] as const) {
    const { simulator, client, hosts } = await clusterFor(t)
    simulator.faults.add({ kind, node: 0, path: '/login' })
    const write = await client.request({ method: 'POST', path: '/User', body: newUser })
    t.equal(write.node, hosts[1], kind)
  }
})

const cannotLogIn: Answer = (_request, response) =>
  json(response, 500, { error: 'No more workers' })

t.test('a node that cannot log in, or refuses to, is left for the next', async (t) => {
  const { simulator, hosts } = await clusterFor(t, { nodes: 1 })
  let login = cannotLogIn
  const odd = await startOddServer(t, (...call) => login(...call), { answersLogin: true })
  const nodes = [odd.url, ...simulator.urls]
  const reading = clientFor(t, nodes).client
  t.equal((await reading.request({ method: 'GET', path: '/Node' })).node, hosts[0])
  const writing = clientFor(t, nodes).client
  const write = await writing.request({ method: 'POST', path: '/User', body: newUser })
  t.equal(write.node, hosts[0])
  const alone = await failureOf(clientFor(t, [odd.url]).client.write('POST', '/User', newUser))
  t.match(alone, { code: 'CLUSTER_ERROR', message: /failed the login with 500: "No more workers"/ })

  login = (_request, response) => json(response, 200, {})
  const elsewhere = await clientFor(t, nodes).client.request({ method: 'GET', path: '/Node' })
  t.equal(elsewhere.node, hosts[0], 'no session in its answer')

  login = (_request, response) => json(response, 403, { error: 'Not you' })
  const next = await clientFor(t, nodes).client.request({ method: 'GET', path: '/Node' })
  t.equal(next.node, hosts[0])
  const refused = await failureOf(clientFor(t, [odd.url]).client.list('/Node'))
  t.match(refused, { code: 'CLUSTER_LOGIN_REFUSED', message: /refused the login with 403/ })
})

function failure(node: string, code: 'CLUSTER_TLS' | 'CLUSTER_TIMEOUT'): NodeFailure {
  const facts = { reason: 'failed', advice: 'check it', mayHaveActed: false }
  return new NodeFailure({ ...facts, code, node, repeat: 'anywhere' })
}

t.test('a node that fails twice is named once', async (t) => {
  const slow = failure('b', 'CLUSTER_TIMEOUT')
  const { message } = failedEverywhere([slow, slow, failure('a', 'CLUSTER_TLS'), slow])
  t.equal(message, 'The cluster node a failed (tried too: b failed); check it.')
  t.equal(failedEverywhere([slow, slow]).message, 'The cluster node b failed; check it.')
})

t.test('a body that stops, and one that only trickles', async (t) => {
  const server = await startOddServer(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('[')
    if (request.url?.endsWith('/Role') !== true) return
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  const { client } = clientFor(t, [server.url], { timeouts: { bodyMs: 60 } })
  for (const path of ['/ISO', '/Role'] as const) {
    const error = await failureOf(client.list(path))
    t.equal(error.code, 'CLUSTER_TIMEOUT', path)
    t.match(error.message, /stopped in the middle of its response/)
  }
})

t.test('a caller that goes away ends the call at the cluster', async (t) => {
  let closed = 0
  const server = await startOddServer(t, (_request, response) => {
    response.on('close', () => (closed += 1))
  })
  const { client } = clientFor(t, [server.url])
  for (const method of ['GET', 'POST'] as const) {
    const controller = new AbortController()
    const call = failureOf(
      client.request({ method, path: '/VirDomain', signal: controller.signal })
    )
    await until(() => server.requests.some(({ line }) => line === `${method} /rest/v1/VirDomain`))
    const before = closed
    controller.abort()
    t.equal((await call).code, 'CALLER_GONE')
    await until(() => closed > before)
    t.equal(closed, before + 1, 'the server saw the connection close')
  }
  const gone = AbortSignal.abort()
  const sent = server.requests.length
  const error = await failureOf(client.request({ method: 'GET', path: '/Node', signal: gone }))
  t.equal(error.code, 'CALLER_GONE')
  t.equal(server.requests.length, sent)
})

t.test('more calls than connections: those in the queue can leave, and are bounded', async (t) => {
  const open: (() => void)[] = []
  let max = 0
  const server = await startOddServer(t, (request, response) => {
    if (request.url?.endsWith('/ping') === true) return json(response, 200, {})
    max = Math.max(
      max,
      open.push(() => json(response, 200, []))
    )
  })
  const { client } = clientFor(t, [server.url])
  const controller = new AbortController()
  // Each is another request, which no other shares.
  const first = Array.from({ length: 40 }, (_, i) =>
    client.request({ method: 'GET', path: '/Node', query: { i: `${i}` } })
  )
  await until(() => open.length > 9)
  // One more of them would be there by then.
  for (let round = 0; round < 2; round++) await client.probe()
  const leaving = failureOf(client.list('/Drive', { signal: controller.signal }))
  await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
  t.equal((await leaving).code, 'CALLER_GONE')
  let isOver = false
  const all = Promise.all(first).then(() => (isOver = true))
  await until(() => {
    for (const respond of open.splice(0)) respond()
    return isOver
  })
  await all
  t.notOk(server.requests.some(({ line }) => line.endsWith('/Drive')))
  t.equal(max, 12, 'so many at once')
})

t.test('probe: each node by itself, without a login', async (t) => {
  const { simulator, client, calls, hosts } = await clusterFor(t)
  simulator.faults.add({ kind: 'node-down', node: 1 })
  simulator.faults.add({ kind: 'html-502', node: 2 })
  const probes = await client.probe()
  t.match(probes, [
    { node: hosts[0], ok: true },
    { node: hosts[1], ok: false, error: { code: 'CLUSTER_UNREACHABLE' } },
    { node: hosts[2], ok: false, error: { code: 'CLUSTER_BAD_ANSWER' } }
  ])
  for (const { latencyMs } of probes) t.ok(latencyMs >= 0)
  t.same(calls('/login'), [])
})
