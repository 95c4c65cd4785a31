import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startTestBridge, type ToolAnswer } from '../helper/bridge.ts'
import { acceptTokens, principalWith } from '../helper/principals.ts'
import { until } from '../helper/simulator.ts'

interface Timed extends ToolAnswer {
  ms: number
}

t.test('a slow cluster that is asked too much: 503 soon, and no time-outs', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  await bridge.call('vm_read')
  bridge.simulator.faults.add({ kind: 'slow', path: '/VirDomainStats', ms: 1500 })
  const timed = async (uuid: string): Promise<Timed> => {
    const startedAt = performance.now()
    // Different ones, so that they are not shared.
    const response = await bridge.call('run_api', {
      method: 'GET',
      query: `/VirDomainStats/${uuid}`
    })
    return { ...response, ms: performance.now() - startedAt }
  }
  const running: Promise<Timed>[] = []
  const uuids = [...bridge.simulator.world.state.virDomains.keys()]
  for (let i = 0; i < 60; i++) {
    running.push(timed(uuids[i % uuids.length] ?? ''))
    // Twelve a second for five seconds is 18 at a time, and the node is given 12.
    await sleep(1000 / 24)
  }
  const ended = await Promise.all(running)
  const served = ended.filter(({ status }) => status === 200)
  const refused = ended.filter(({ status }) => status !== 200)
  t.comment(`${served.length} served, ${refused.length} refused`)
  t.ok(served.length >= 12, 'those it can serve are served')
  t.ok(refused.length > 0, 'the others are refused')
  for (const { status, body, headers, ms } of refused) {
    t.match({ status, code: body.error.code }, { status: 503, code: 'CLUSTER_BUSY' })
    t.equal(headers['retry-after'], String(body.error.retryAfterSeconds))
    t.ok(ms < 3000, `after ${Math.round(ms)} ms`)
  }
})

t.test('16 slow exports: reads, looks at tasks and /ready still work on one node', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1 } })
  const { simulator } = bridge
  await bridge.call('vm_read')
  simulator.faults.add({ kind: 'slow', path: '/VirDomain', method: 'POST', ms: 8000 })
  const uuids = [...simulator.world.state.virDomains.keys()].slice(0, 16)
  const startedAt = performance.now()
  const exports = uuids.map(async (vmUUID) => {
    const response = await bridge.call('exportVM', { vmUUID, wait: 0 })
    return { ...response, ms: performance.now() - startedAt }
  })
  const posts = (): number =>
    simulator.requests.filter(({ path }) => path.endsWith('/export')).length
  await until(() => posts() === 8)
  t.equal((await bridge.call('vm_read')).status, 200)
  t.equal((await bridge.call('ping_read')).status, 200)
  const [task] = simulator.world.tasks.list()
  t.equal((await bridge.call('taskTagStatusFilter', { taskTag: task?.taskTag })).status, 200)
  t.equal((await bridge.fetch('/ready')).status, 200)
  t.ok(performance.now() - startedAt < 8000, 'while they wait')
  const ended = await Promise.all(exports)
  const refused = ended.filter(({ status }) => status === 503)
  t.equal(ended.filter(({ status }) => status === 200).length, 8)
  t.equal(refused.length, 8, 'more than the node is given are refused, and can be repeated')
  for (const { body, headers } of refused) {
    t.equal(body.error.code, 'CLUSTER_BUSY')
    t.ok(Number(headers['retry-after']) >= 20)
  }
  t.equal(posts(), 8, 'nothing of them was sent')
})

t.test('a token that asks for much lets another one pass', async (t) => {
  const bridge = await startTestBridge(t, { simulator: { nodes: 1, vms: 60 } })
  acceptTokens(bridge, {
    greedy: { ...principalWith(['read']), name: 'greedy' },
    modest: { ...principalWith(['read']), name: 'modest' }
  })
  await bridge.call('vm_read')
  const uuids = [...bridge.simulator.world.state.virDomains.keys()]
  bridge.simulator.faults.add({ kind: 'slow', path: '/VirDomainStats', ms: 400 })
  const order: string[] = []
  const read = async (token: string, uuid: string | undefined): Promise<void> => {
    const query = `/VirDomainStats/${uuid}`
    const headers = { authorization: `Bearer ${token}` }
    await bridge.call('run_api', { method: 'GET', query }, headers)
    order.push(token)
  }
  const greedy = uuids.slice(0, 40).map((uuid) => read('greedy', uuid))
  const asked = (): number =>
    bridge.simulator.requests.filter(({ path }) => path.includes('/VirDomainStats')).length
  await until(() => asked() === 12)
  await sleep(50)
  const modest = read('modest', uuids[50])
  await Promise.all([...greedy, modest])
  const place = order.indexOf('modest')
  t.comment(`after ${place} of 40`)
  t.ok(place < 30, `it does not wait for all of them: ${place}`)
})
