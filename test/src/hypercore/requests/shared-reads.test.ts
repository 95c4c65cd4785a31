import t from 'tap'
import type { ClusterRequest, ClusterResponse } from '../../../../src/hypercore/cluster-api.ts'
import { SharedReads } from '../../../../src/hypercore/requests/shared-reads.ts'
import { clientFor, clusterFor } from '../../../helper/cluster-client.ts'
import { failureOf } from '../../../helper/failure.ts'
import { holdTimers } from '../../../helper/held-timers.ts'
import { json, startOddServer } from '../../../helper/odd-server.ts'
import { principalWith } from '../../../helper/principals.ts'
import { until } from '../../../helper/simulator.ts'

const vms = { method: 'GET', path: '/VirDomain' } as const

t.test('identical reads under way make one request', async (t) => {
  const { simulator, client, calls } = await clusterFor(t)
  await client.list('/Node')
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', path: '/VirDomain', ms: 4_000_000 })
  const requests = Array.from({ length: 16 }, () => client.request(vms))
  await until(() => waits.waiting.length > 0)
  simulator.faults.clear()
  waits.release()
  const responses = await Promise.all(requests)
  t.equal(calls('/VirDomain').length, 1)
  t.equal(new Set(responses.map(({ body }) => body)).size, 1, 'parsed once')
  await client.request(vms)
  t.equal(calls('/VirDomain').length, 2, 'nothing is kept')
})

t.test('what differs in anything is asked for by itself', async (t) => {
  const { simulator, client, calls } = await clusterFor(t)
  await client.list('/Node')
  const waits = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow', path: '/TaskTag', ms: 4_000_000 })
  // The cluster knows no such queries.
  const requests = Promise.allSettled([
    client.request({ method: 'GET', path: '/TaskTag' }),
    client.request({ method: 'GET', path: '/TaskTag', query: { a: '1' } }),
    client.request({ method: 'GET', path: '/TaskTag', query: { a: '2' } }),
    client.request({ method: 'GET', path: '/TaskTag', timeoutMs: 50_000 })
  ])
  await until(() => waits.waiting.length === 4)
  waits.release()
  await requests
  t.equal(calls('/TaskTag').length, 4)
})

t.test('a write ends the sharing when it begins and when it ends', async (t) => {
  const { simulator, client } = await clusterFor(t)
  await client.list('/Node')
  const [reads, writes] = [holdTimers(t, 4_000_000), holdTimers(t, 5_000_000)]
  simulator.faults.add({ kind: 'slow-after', path: '/User', method: 'GET', ms: 4_000_000 })
  simulator.faults.add({ kind: 'slow', path: '/User', method: 'POST', ms: 5_000_000 })
  const names = async (): Promise<string[]> =>
    (await client.list('/User')).map(({ username }) => username)
  const before = names()
  await until(() => reads.waiting.length === 1)
  const write = client.write('POST', '/User', { username: 'second', password: 'of-the-second' })
  const during = names()
  await until(() => reads.waiting.length === 2 && writes.waiting.length === 1)
  writes.release()
  await write
  const after = names()
  await until(() => reads.waiting.length === 3)
  reads.release()
  t.notOk((await before).includes('second'))
  await during
  t.ok((await after).includes('second'), 'what was read before the write is not returned')
  t.equal(
    simulator.requests.filter(({ path, method }) => path === '/rest/v1/User' && method === 'GET')
      .length,
    3
  )
})

t.test('the end of a task that was seen ends it, too', async (t) => {
  const { simulator, client, calls } = await clusterFor(t, { speed: 50 })
  const [vm] = await client.list('/VirDomain')
  const { taskTag } = await client.write('POST', '/VirDomainSnapshot', {
    domainUUID: vm?.uuid,
    label: 'of the test'
  })
  const reads = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'slow-after', path: '/VirDomain', ms: 4_000_000 })
  const before = calls('/VirDomain').length
  const early = client.list('/VirDomain')
  await until(() => reads.waiting.length === 1)
  await client.tasks.follow(taskTag, { waitMs: 60_000 })
  const late = client.list('/VirDomain')
  await until(() => reads.waiting.length === 2)
  reads.release()
  await Promise.all([early, late])
  t.equal(calls('/VirDomain').length, before + 2)
})

t.test('who leaves does not take the response from the others; the last one ends it', async (t) => {
  let closed = 0
  const answers: (() => void)[] = []
  const server = await startOddServer(t, (_request, response) => {
    response.once('close', () => void (closed += response.writableFinished ? 0 : 1))
    answers.push(() => json(response, 200, []))
  })
  const { client } = clientFor(t, [server.url])
  const [first, second, third] = [1, 2, 3].map(() => new AbortController())
  const read = (leaves?: AbortController): Promise<unknown> =>
    client.list('/VirDomain', leaves && { signal: leaves.signal })
  const reads = [read(first), read(second)]
  const gone = failureOf(reads[0] ?? Promise.resolve())
  await until(() => answers.length === 1)
  first?.abort()
  t.equal((await gone).code, 'CALLER_GONE')
  answers[0]?.()
  t.same(await reads[1], [], 'the one who began it left')
  t.equal(closed, 0)

  const last = [failureOf(read(second)), failureOf(read(third))]
  await until(() => answers.length === 2)
  second?.abort()
  third?.abort()
  for (const left of last) t.equal((await left).code, 'CALLER_GONE')
  await until(() => closed === 1)
  const again = read()
  await until(() => answers.length === 3)
  answers[2]?.()
  t.same(await again, [], 'nobody joins what was ended')
})

interface Sent {
  request: ClusterRequest
  respond: (body: unknown) => void
}

function setUp(): { reads: SharedReads; sent: Sent[]; clock: { now: number } } {
  const clock = { now: 0 }
  const sent: Sent[] = []
  const send = (request: ClusterRequest): Promise<ClusterResponse> =>
    new Promise((resolve) =>
      sent.push({ request, respond: (body) => resolve({ status: 200, body, node: 'a' }) })
    )
  return { reads: new SharedReads(send, () => clock.now), sent, clock }
}

t.test('a request that has been under way for a second is not joined', async (t) => {
  const { reads, sent, clock } = setUp()
  const all = [reads.read(vms)]
  clock.now = 1000
  all.push(reads.read(vms))
  t.equal(sent.length, 1)
  clock.now = 1001
  all.push(reads.read(vms), reads.read(vms))
  t.equal(sent.length, 2)
  t.equal(reads.joined, 2)
  sent[1]?.respond('new')
  sent[0]?.respond('old')
  t.same(
    (await Promise.all(all)).map(({ body }) => body),
    ['old', 'old', 'new', 'new']
  )
})

t.test('no call goes back behind what it has heard', async (t) => {
  const { reads, sent, clock } = setUp()
  const authority = { principal: principalWith(['read']) }
  const other = reads.read(vms)
  clock.now = 10
  const first = reads.read({ method: 'GET', path: '/VirDomain/1', authority })
  sent[1]?.respond('running')
  await first
  const list = reads.read({ ...vms, authority })
  t.equal(sent.length, 3, 'the list of the other one may be older')
  sent[0]?.respond('old')
  sent[2]?.respond('new')
  t.equal((await list).body, 'new')
  t.equal((await other).body, 'old')
})
