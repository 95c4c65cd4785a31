import t, { type Test } from 'tap'
import { faultKinds, fieldsOf } from '../../../src/simulator/fault-kinds.ts'
import { parseFault } from '../../../src/simulator/fault-text.ts'
import type { Fault } from '../../../src/simulator/faults.ts'
import type { SimulatorOptions } from '../../../src/simulator/options.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { holdTimers } from '../../helper/held-timers.ts'
import { clientOf, failureOf, PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

interface Started {
  simulator: Simulator
  clients: PlainClient[]
  /** The first of them. */
  client: PlainClient
}

async function start(t: Test, options: Partial<SimulatorOptions> = {}): Promise<Started> {
  const simulator = await simulatorFor(t, { speed: 0, ...options })
  const clients = simulator.urls.map((_url, node) => clientOf(simulator, node, 'fresh'))
  return { simulator, clients, client: clients[0] ?? new PlainClient('') }
}

const statusOf = async (client: PlainClient | undefined, path = '/ping'): Promise<number> =>
  (await client?.raw('GET', path))?.status ?? 0

const create = (client: PlainClient, username: string): ReturnType<PlainClient['raw']> =>
  client.raw('POST', '/User', { body: { username } })

async function hasUser(client: PlainClient, name: string): Promise<boolean> {
  const users = await client.get<{ username: string }>('/User')
  return users.some(({ username }) => username === name)
}

/** What a call fails with, or `pending` once two later calls have ended. */
async function afterOthers(call: Promise<unknown>, other?: PlainClient): Promise<string> {
  let outcome = 'pending'
  void failureOf(call).then(
    (code) => (outcome = code),
    () => (outcome = 'a response')
  )
  for (let round = 0; round < 2; round++) await statusOf(other)
  return outcome
}

t.test('another response in place of the own, the call executed or not', async (t) => {
  const { simulator, client } = await start(t)
  const cases: [Omit<Fault, 'times'>, object, boolean][] = [
    [{ kind: 'json-error' }, { status: 503, text: '{"error":"Service temporarily un' }, false],
    [{ kind: 'json-error', status: 500, message: 'No' }, { status: 500, text: '"No"' }, false],
    [{ kind: 'json-error', status: 504, executed: true }, { status: 504, text: /^{"err/ }, true],
    [{ kind: 'json-error', status: 429 }, { status: 429 }, false],
    [{ kind: 'json-error', status: 503, executed: true }, { status: 503 }, true],
    [{ kind: 'html-error', status: 504 }, { status: 504, text: 'Gateway Timeout' }, false],
    [{ kind: 'html-error', executed: true }, { status: 503, text: /<html>/ }, true],
    [{ kind: 'no-body' }, { status: 200, text: /^$/ }, true],
    [{ kind: 'no-body', executed: false }, { status: 200, text: /^$/ }, false],
    [{ kind: 'no-body', status: 204 }, { status: 204, text: /^$/ }, true],
    [{ kind: 'no-body', status: 201, body: '{}' }, { status: 201, text: /^{}$/ }, true]
  ]
  for (const [i, [fault, expected, executed]] of cases.entries()) {
    simulator.faults.add({ ...fault, times: 1 })
    const label = JSON.stringify(fault)
    const name = `user-${i}`
    t.match(await create(client, name), expected, label)
    t.equal(await hasUser(client, name), executed, label)
  }
})

t.test('slow-after and hang-after: executed first', async (t) => {
  const { simulator, client } = await start(t)
  const waits = holdTimers(t, 3_600_000)
  const late = { kind: 'slow-after', method: 'POST', ms: 3_600_000, times: 1 } as const
  simulator.faults.add(late)
  const slow = create(client, 'slow')
  await until(() => waits.waiting.length === 1)
  t.ok(await hasUser(client, 'slow'))
  t.equal(await afterOthers(slow, client), 'pending', 'it is there before the response')
  waits.release()
  t.equal((await slow).status, 200)
  simulator.faults.add(late)
  const slower = create(client, 'slower')
  await client.until(async () => hasUser(client, 'slower'))

  simulator.faults.add({ kind: 'hang-after', method: 'POST', times: 1 })
  const hanging = create(client, 'hanging')
  await client.until(async () => hasUser(client, 'hanging'))
  t.equal(await afterOthers(hanging, client), 'pending')
  await simulator.close()
  for (const call of [slower, hanging]) t.equal(await failureOf(call), 'ECONNRESET')
})

t.test('drip: a byte at a time, all of it in the end', async (t) => {
  const { simulator, client } = await start(t)
  const pauses = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'drip', ms: 4_000_000, path: '/ping', times: 1 })
  const dripping = client.raw('GET', '/ping')
  for (let byte = 1; byte < 19; byte++) {
    await until(() => pauses.waiting.length === 1)
    if (byte === 18) t.equal(await afterOthers(dripping, client), 'pending')
    pauses.release()
  }
  const answer = await dripping
  t.equal(answer.text, '{"status":"Active"}')
  t.equal(answer.headers['content-length'], '19')
})

t.test('slow-body: the given number of bytes a second', async (t) => {
  const { simulator, client } = await start(t)
  const slices = holdTimers(t, (ms) => ms === 50 || ms === 200)
  simulator.faults.add({ kind: 'slow-body', bytes: 200, path: '/ping', times: 1 })
  const slow = client.raw('GET', '/ping')
  await until(() => slices.waiting.length === 1)
  t.same(slices.waiting, [50])
  t.equal(await afterOthers(slow, client), 'pending', '19 bytes take more than one slice')
  slices.release()
  t.equal((await slow).text, '{"status":"Active"}')
  simulator.faults.add({ kind: 'slow-body', bytes: 5, path: '/ping', times: 1 })
  const slower = failureOf(client.raw('GET', '/ping'))
  await until(() => slices.waiting.includes(200))
  await simulator.close()
  t.equal(await slower, 'ECONNRESET')
})

t.test('reset-inside: carried out, half of the response comes', async (t) => {
  const { simulator, client } = await start(t)
  simulator.faults.add({ kind: 'reset-inside', method: 'POST', times: 1 })
  t.equal(await failureOf(create(client, 'halfway')), 'ECONNRESET')
  t.ok(await hasUser(client, 'halfway'))
})

t.test('other-certificate: shown while it lasts, connections are cut', async (t) => {
  const { simulator, clients } = await start(t)
  const [first, second, third] = simulator.fingerprints
  const kept = new PlainClient(simulator.urls[1] ?? '')
  t.equal(await statusOf(kept), 200)
  const remove = simulator.faults.add({ kind: 'other-certificate', node: 1 })
  const other = simulator.fingerprints[1]
  t.not(other, second)
  t.same(simulator.fingerprints, [first, other, third], 'only that node')
  t.equal(await statusOf(clients[1]), 200, 'to who does not look')
  simulator.faults.add({ kind: 'slow', ms: 1, times: 1 })
  t.equal(simulator.fingerprints[1], other, 'the same until it is over')
  remove()
  t.same(simulator.fingerprints, [first, second, third])
})

t.test('stuck-task with ms: continues afterwards', async (t) => {
  const { simulator, client } = await start(t)
  const stuck = holdTimers(t, 4_000_000)
  simulator.faults.add({ kind: 'stuck-task', ms: 4_000_000, times: 1 })
  const { taskTag, createdUUID } = await client.post('/TimeSource', { host: 'late' })
  await client.until(() => stuck.waiting.length === 1)
  simulator.world.clock.advance(3_600_000)
  t.match(await client.one(`/TaskTag/${taskTag}`), { state: 'RUNNING' })
  stuck.release()
  t.equal((await client.task(taskTag)).state, 'COMPLETE')
  t.equal((await client.get(`/TimeSource/${createdUUID}`)).length, 1)
})

t.test('black-hole: taken, then silence, also on connections from before', async (t) => {
  const { simulator, clients } = await start(t)
  const [first, second] = clients
  const kept = new PlainClient(simulator.urls[1] ?? '')
  t.equal(await statusOf(kept), 200)
  const remove = simulator.faults.add({ kind: 'black-hole', node: 1 })
  const [fresh, old] = [statusOf(second), statusOf(kept)]
  for (const call of [fresh, old]) t.equal(await afterOthers(call, first), 'pending')
  t.equal(await statusOf(first), 200, 'the peers serve')
  remove()
  for (const call of [fresh, old]) t.equal(await failureOf(call), 'ECONNRESET')
  t.equal(await statusOf(second), 200)
})

t.test('tls-error: no handshake comes to its end', async (t) => {
  const { simulator, clients } = await start(t)
  const kept = new PlainClient(simulator.urls[0] ?? '')
  t.equal(await statusOf(kept), 200)
  const remove = simulator.faults.add({ kind: 'tls-error', node: 0 })
  t.match(await failureOf(statusOf(clients[0])), /^(EPROTO|ERR_SSL)/)
  t.match(await failureOf(statusOf(kept)), /^(EPROTO|ERR_SSL|ECONNRESET)/)
  t.equal(await statusOf(clients[1]), 200)
  remove()
  t.equal(await statusOf(clients[0]), 200)
})

t.test('refuse-login: on one node, sessions and Basic hold', async (t) => {
  const { simulator, clients } = await start(t)
  await clients[0]?.login()
  simulator.faults.add({ kind: 'refuse-login', node: 0 })
  const body = { username: 'admin', password: 'admin' }
  const login = async (node: number): Promise<number | undefined> =>
    (await clients[node]?.raw('POST', '/login', { body }))?.status
  t.equal(await login(0), 401)
  t.equal(await login(1), 200)
  t.equal(await statusOf(clients[0]), 200)
})

t.test('forget-task: unknown at once or later, and carried out', async (t) => {
  const { simulator, client } = await start(t)
  simulator.faults.add({ kind: 'forget-task', times: 1 })
  const at = await client.post('/TimeSource', { host: 'one' })
  t.same(await client.get(`/TaskTag/${at.taskTag}`), [])
  await client.until(async () => (await client.get(`/TimeSource/${at.createdUUID}`)).length === 1)

  simulator.faults.add({ kind: 'forget-task', ms: 3_600_000, times: 1 })
  const known = await client.post('/TimeSource', { host: 'two' })
  t.equal((await client.get(`/TaskTag/${known.taskTag}`)).length, 1)
  simulator.faults.add({ kind: 'forget-task', ms: 40, times: 1 })
  const later = await client.post('/TimeSource', { host: 'three' })
  await client.until(async () => (await client.get(`/TaskTag/${later.taskTag}`)).length === 0)
})

t.test('stuck-task: RUNNING for ever, and in the way', async (t) => {
  const { simulator, client } = await start(t)
  const [vm] = await client.get<{ uuid: string; description: string }>('/VirDomain')
  const path = `/VirDomain/${vm?.uuid}`
  simulator.faults.add({ kind: 'stuck-task', times: 1 })
  const stuck = await client.patch(path, { description: 'never' })
  const behind = await client.patch(path, { description: 'behind it' })
  const other = await client.post('/TimeSource', { host: 'other' })
  t.equal((await client.task(other.taskTag)).state, 'COMPLETE')
  await client.until(
    async () => (await client.one(`/TaskTag/${stuck.taskTag}`)).state === 'RUNNING'
  )
  simulator.world.clock.advance(3_600_000)
  t.match(await client.one(`/TaskTag/${stuck.taskTag}`), { state: 'RUNNING', completed: 0 })
  t.match(await client.one(`/TaskTag/${behind.taskTag}`), { state: 'QUEUED' })
  t.match(await client.one(path), { description: vm?.description })
})

t.test('clock-step: what the cluster says of the time, and nothing else', async (t) => {
  const { simulator, client } = await start(t)
  const saidNow = async (): Promise<[number, number]> => {
    const { taskTag } = await client.post('/TimeSource', { host: 'clock' })
    const { created, state, completed } = await client.task(taskTag)
    t.equal(state, 'COMPLETE')
    t.ok(completed >= created)
    const { headers } = await client.raw('GET', '/ping')
    return [created, Date.parse(headers.date ?? '') / 1000]
  }
  const remove = simulator.faults.add({ kind: 'clock-step', seconds: -3600 })
  /** A point in time is said in whole seconds. */
  const isOff = async (seconds: number): Promise<void> => {
    const before = Math.floor(Date.now() / 1000)
    for (const said of await saidNow()) {
      const unstepped = Math.floor(said) - seconds
      t.ok(unstepped >= before && unstepped <= Date.now() / 1000, String(said))
    }
  }
  await isOff(-3600)
  simulator.faults.add({ kind: 'clock-step', seconds: 13 * 3600 })
  await isOff(12 * 3600)
  remove()
  simulator.faults.clear()
  await isOff(0)
})

t.test('a probability strikes the same calls for the same seed', async (t) => {
  const run = async (fault: Partial<Fault>, seed = 1): Promise<string> => {
    const { simulator, client } = await start(t, { seed, vms: 0 })
    simulator.faults.add({ kind: 'json-error', probability: 0.5, ...fault })
    let pattern = ''
    for (let i = 0; i < 24; i += 1) pattern += (await statusOf(client)) === 200 ? '.' : 'x'
    return pattern
  }
  const first = await run({})
  t.match(first, /x.*\..*x|\..*x.*\./, 'some calls are struck')
  t.equal(await run({}), first)
  t.equal(await run({ seed: 1 }, 5), first, 'its own seed')
  t.not(await run({ seed: 2 }), first)
  t.not(await run({}, 7), first, "the cluster's seed")
  t.equal(await run({ probability: 1 }), 'x'.repeat(24))
  const counted = await run({ times: 3 })
  t.equal(counted.split('x').length - 1, 3, 'only strikes count')
  t.equal(counted.slice(0, 6), first.slice(0, 6))
})

t.test('every kind is taken as code, text and JSON, with each of its fields', async (t) => {
  const { clients } = await start(t)
  const samples: Record<string, unknown> = {
    node: 2,
    method: 'GET',
    path: '/Nothing',
    times: 3,
    probability: 0.25,
    seed: 9,
    bytes: 4096,
    ms: 10,
    status: 504,
    seconds: -60,
    executed: true,
    body: '{}',
    message: 'No'
  }
  for (const kind of faultKinds) {
    const fields = fieldsOf(kind).filter((field) => field !== 'kind' && field !== 'parameters')
    const fault = { kind, ...Object.fromEntries(fields.map((field) => [field, samples[field]])) }
    const words = fields.map((field) => `${field}=${String(samples[field])}`)
    t.same(parseFault([kind, ...words].join(','), 3), fault, kind)
    const added = await clients[0]?.raw('POST', '//simulator/faults', { body: fault })
    t.equal(added?.status, 200, kind)
    t.match(JSON.parse(added?.text ?? ''), [fault])
    t.equal((await clients[0]?.raw('DELETE', '//simulator/faults'))?.status, 200)
  }
})

t.test('the number after a colon is what the kind is about', (t) => {
  t.same(parseFault('json-error:504'), { kind: 'json-error', status: 504 })
  t.same(parseFault('clock-step:-3600'), { kind: 'clock-step', seconds: -3600 })
  t.same(parseFault('drip:20,probability=0.1'), { kind: 'drip', ms: 20, probability: 0.1 })
  for (const [text, problem] of [
    ['clock-step', /seconds is required/],
    ['clock-step:1.5', /seconds must be a whole number/],
    ['clock-step:5,times=1', /times is not known for clock-step/],
    ['json-error:99', /status must be an HTTP status from 200 to 599/],
    ['no-body,executed=maybe', /executed must be true or false/],
    ['hang,probability=0', /probability must be a number above 0, up to 1/],
    ['hang,probability=2', /probability must be/],
    ['hang,seed=-1', /seed must be a whole number/],
    ['black-hole,path=/x', /path is not known for black-hole, which takes kind, node/],
    ['refuse-login,method=POST', /method is not known for refuse-login/]
  ] as const)
    t.throws(() => parseFault(text, 3), { name: 'FaultError', message: problem }, text)
  t.end()
})
