import t from 'tap'
import { clusterFor, createUser, positionOf } from '../../helper/cluster-client.ts'
import { until } from '../../helper/simulator.ts'

for (const kind of ['hang', 'black-hole'] as const)
  t.test(`a single node that stops responding (${kind}) costs one caller its wait`, async (t) => {
    const timeouts = { connectMs: 1500, headersMs: 1500, firstByteMs: 1500, restMs: 4000 }
    const { simulator, client } = await clusterFor(t, { nodes: 1 }, { timeouts })
    await client.list('/Node')
    simulator.faults.add({ kind })
    await t.rejects(client.list('/VirDomain'), { code: 'CLUSTER_TIMEOUT' })
    const pings = (): number =>
      simulator.requests.filter(({ path }) => path === '/rest/v1/ping').length
    // The first of them looks, for a second at the longest.
    await t.rejects(client.list('/VirDomain'), { code: 'CLUSTER_TIMEOUT' })
    const startedAt = performance.now()
    const calls = Array.from({ length: 40 }, (_, i): Promise<unknown> =>
      i % 2 === 0 ? client.list('/Node') : createUser(client)
    )
    for (const call of calls)
      await t.rejects(call, {
        code: 'CLUSTER_TIMEOUT',
        message: /not responded since; check .* Nothing was sent: try again in \d+ s\.$/,
        details: { retryAfterSeconds: Number }
      })
    t.ok(performance.now() - startedAt < 1200, 'none of them waits for its time-out')
    if (kind === 'hang') t.equal(pings(), 1, 'one look for all of them')
    simulator.faults.clear()
    await until(() => client.list('/VirDomain').then(Boolean, () => false), 20_000)
    t.not(positionOf(client, 0, 'read'), 'open')
    await createUser(client)
  })

t.test('a write that is lost keeps nothing from a single node that responds', async (t) => {
  const timeouts = { connectMs: 1500, headersMs: 1500, firstByteMs: 1500, restMs: 60_000 }
  const { simulator, client } = await clusterFor(t, { nodes: 1 }, { timeouts })
  await client.list('/Node')
  simulator.faults.add({ kind: 'hang', path: '/User', times: 1 })
  await t.rejects(createUser(client), { code: 'OUTCOME_UNKNOWN' })
  await Promise.all([client.list('/Node'), client.list('/VirDomain'), createUser(client)])
})

t.test('slow exports do not stop a single node', async (t) => {
  const { simulator, client } = await clusterFor(t, { nodes: 1 })
  const [vm] = await client.list('/VirDomain')
  const path = `/VirDomain/${vm?.uuid}/export`
  simulator.faults.add({ kind: 'slow', path, ms: 4000 })
  const exports = Array.from({ length: 16 }, () =>
    client.request({ method: 'POST', path, body: {}, timeoutMs: 180_000 }).catch(() => undefined)
  )
  await until(() => client.traffic().lanes.some(({ underWay }) => underWay === 8))
  await createUser(client)
  await client.list('/VirDomain')
  t.equal(client.traffic().lanes.find(({ lane }) => lane === 'transfer')?.underWay, 8, 'they go on')
  await Promise.all(exports)
})
