import t, { type Test } from 'tap'
import type { UpdateStatus } from '../../../src/simulator/update-status.ts'
import type { Simulator } from '../../../src/simulator/simulator.ts'
import { failureOf, PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

/** A client without kept connections, since nodes go away here. */
const fresh = (url: string): PlainClient => new PlainClient(url, 'admin', 'admin', 'fresh')

interface Started {
  simulator: Simulator
  clients: PlainClient[]
  /** Applies the one update, on the first node; returns its version. */
  apply: () => Promise<string>
}

async function start(t: Test, speed: number, nodes = 3): Promise<Started> {
  const simulator = await simulatorFor(t, { speed, nodes })
  const clients = simulator.urls.map(fresh)
  const apply = async (): Promise<string> => {
    const { uuid } = (await clients[0]?.one<{ uuid: string }>('/Update')) ?? { uuid: '' }
    t.same(await clients[0]?.post(`/Update/${uuid}/apply`), { taskTag: '', createdUUID: '' })
    return uuid
  }
  return { simulator, clients, apply }
}

/** What a node serves without a login: its file, or the status it returns instead. */
async function statusOf(client: PlainClient): Promise<UpdateStatus | number> {
  const { status, text } = await client.as({}).raw('GET', '//update/update_status.json')
  return status === 200 ? (JSON.parse(text) as UpdateStatus) : status
}

const phaseOf = (status: UpdateStatus | number): string =>
  typeof status === 'number'
    ? String(status)
    : (status.updateStatus?.masterState ?? status.prepareStatus.state)

t.test('an update rolls over the nodes while the others serve', async (t) => {
  const { simulator, clients, apply } = await start(t, 60)
  const [client = fresh('')] = clients
  for (const each of clients) t.equal(await statusOf(each), 404)
  t.match(await client.as({}).raw('GET', '//update/update_status.json'), { text: /<html>/ })
  t.equal((await client.get('/Update/anything')).length, 1, 'the id is ignored')
  const version = await apply()
  t.equal((await client.raw('POST', `/Update/${version}/apply`)).status, 500, 'one at a time')

  const phases = new Set<string>()
  const away = new Set<number>()
  const follow = async (each: PlainClient, node: number): Promise<void> => {
    let phase = ''
    while (phase !== 'COMPLETE') {
      const status = await statusOf(each).catch(() => undefined)
      if (status === undefined) away.add(node)
      else phases.add((phase = phaseOf(status)))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await Promise.all(clients.map(follow))
  t.same(away, new Set([0, 1, 2]), 'each node was away once')
  for (const state of ['BEGIN', 'SYNC NODES', 'EXECUTING', 'IN PROGRESS', 'COMPLETE'])
    t.ok(phases.has(state), state)
  for (const each of clients) {
    t.match(await statusOf(each), {
      prepareStatus: { state: 'COMPLETE' },
      updateStatus: { percent: '100', toVersion: version, fromBuild: '217736' }
    })
    t.match(await each.one('/Cluster'), { icosVersion: version })
  }
  t.same(await client.get('/Update'), [])
  for (const { allowRunningVMs } of await client.get<{ allowRunningVMs: boolean }>('/Node'))
    t.equal(allowRunningVMs, true)
  t.ok(simulator.requests.length > 0)
})

t.test('a node hangs, fails handshakes, is silent and then answers 502', async (t) => {
  const { clients, apply } = await start(t, 10)
  const [first = fresh(''), second = fresh('')] = clients
  await apply()
  const ping = async (): Promise<string> => {
    const call = first.raw('GET', '/ping')
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 150))
    try {
      const answer = await Promise.race([call, late])
      call.catch(() => undefined)
      return answer === undefined ? 'silent' : String(answer.status)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPROTO' ? 'tls' : 'cut'
    }
  }
  const seen: string[] = []
  await until(async () => {
    const now = await ping()
    if (now !== seen.at(-1)) seen.push(now)
    if (now === 'silent' && !seen.includes('tls'))
      t.not(await statusOf(first).catch(() => 0), 404, 'its file is served while the API hangs')
    t.equal((await second.raw('GET', '/ping')).status, 200, 'a peer serves')
    return seen.includes('502') && now === '200'
  }, 15_000)
  // In this order; on a busy machine an answer may be late at any time.
  let at = -1
  for (const kind of ['200', 'silent', 'tls', 'silent', '502', '200']) {
    at = seen.indexOf(kind, at + 1)
    t.not(at, -1, `${kind} in ${seen.join()}`)
  }
  const [one, other] = await Promise.all([first.one('/Cluster'), second.one('/Cluster')])
  t.not(one.icosVersion, other.icosVersion, 'each node tells its own version')
})

t.test('each node has a file of its own, which lags behind that of the leader', async (t) => {
  const { simulator, clients, apply } = await start(t, 10)
  await apply()
  const [leader = fresh(''), peer = fresh('')] = clients
  let behind = false
  await until(async () => {
    const [its, ours] = await Promise.all([statusOf(peer), statusOf(leader)])
    behind ||= phaseOf(its) !== phaseOf(ours)
    return behind
  })
  t.ok(behind)
  await simulator.close()
})

t.test('the condition comes late and dies with the node that leads', async (t) => {
  const { clients, apply } = await start(t, 40)
  const [, peer = fresh('')] = clients
  const isSet = async (): Promise<boolean> => {
    const path = '/Condition/filter?includeSet=true&name=updateInProgress'
    const [condition] = await peer.get(path)
    return condition !== undefined
  }
  await apply()
  t.equal(await isSet(), false, 'not yet')
  const [leader = fresh('')] = clients
  await until(isSet)
  t.equal(await failureOf(statusOf(leader)).catch(() => 'served'), 'served')
  await until(async () => !(await isSet()))
  const away = await Promise.race([
    failureOf(statusOf(leader)).catch(() => 'served'),
    new Promise<string>((resolve) => setTimeout(() => resolve('silent'), 30))
  ])
  t.not(away, 'served', 'the leader is out')
  await until(isSet)
})

t.test('a single node updates itself', async (t) => {
  const { clients, apply } = await start(t, 100, 1)
  const [client = fresh('')] = clients
  const version = await apply()
  const phases = new Set<string>()
  await until(async () => {
    const status = await statusOf(client).catch(() => undefined)
    if (status !== undefined) phases.add(phaseOf(status))
    return phases.has('COMPLETE')
  })
  t.notOk(phases.has('SYNC NODES'))
  t.match(await client.one('/Cluster'), { icosVersion: version })
})
