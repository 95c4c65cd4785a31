import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { HyperCore } from '../../src/hypercore/client.ts'
import { SharedSessions } from '../../src/replicas/shared-sessions.ts'
import { seal, unseal } from '../../src/replicas/sealed.ts'
import { MemoryStore, SharedMemory } from '../../src/store/memory-store.ts'
import { simulatorFor } from '../helper/simulator.ts'

/** Bridges before one cluster, each with its own client, that share a store. */
async function start(t: Parameters<typeof simulatorFor>[0], keys: readonly Buffer[]) {
  const simulator = await simulatorFor(t, { nodes: 2 })
  const memory = new SharedMemory()
  const { user, password } = simulator.world.options
  const secrets: string[] = []
  const open = (key: Buffer) => {
    const store = new MemoryStore(memory)
    const client = new HyperCore({
      nodes: simulator.urls,
      username: user,
      password,
      useOidc: false,
      tls: { mode: 'pin', fingerprints: simulator.fingerprints },
      sessionMaxAgeMs: 3600_000,
      onSecret: (secret) => void secrets.push(secret),
      sessionKeeper: (owner, logger) => new SharedSessions(store, async () => key, owner, logger)
    })
    t.teardown(() => client.close())
    return Object.assign(client, { store })
  }
  return { simulator, memory, secrets, open, clients: keys.map(open) }
}

const key = randomBytes(32)

t.test('what is sealed opens with its key, at its place, unaltered', async (t) => {
  const sealed = seal(key, 'here', 'a session')
  t.equal(unseal(key, 'here', sealed), 'a session')
  t.notMatch(sealed, /session/)
  t.equal(unseal(randomBytes(32), 'here', sealed), undefined)
  t.equal(unseal(key, 'there', sealed), undefined)
  t.equal(unseal(key, 'here', `A${sealed.slice(1)}`), undefined)
  t.equal(unseal(key, 'here', ''), undefined)
})

t.test('however many bridges begin at once, one logs in', async (t) => {
  const { simulator, clients, memory, secrets } = await start(t, [key, key, key])
  await Promise.all(clients.map((client) => client.list('/VirDomain')))
  t.equal(simulator.sessions.opened, 1)
  const kept = JSON.stringify([...memory.state.all('sessions').values()])
  t.ok(secrets.length > 0)
  for (const secret of secrets) t.notOk(kept.includes(secret), 'it is not there to be read')
})

t.test('a session that the cluster has ended is replaced once', async (t) => {
  const { simulator, clients } = await start(t, [key, key, key])
  await Promise.all(clients.map((client) => client.list('/VirDomain')))
  simulator.faults.add({ kind: 'drop-sessions', times: 1 })
  await Promise.all(clients.map((client) => client.list('/VirDomain')))
  t.equal(simulator.sessions.opened, 2)
})

t.test('one that begins later, or again, takes the session that is there', async (t) => {
  const { simulator, clients, open } = await start(t, [key])
  await clients[0]?.list('/VirDomain')
  await clients[0]?.close()
  t.equal(simulator.sessions.count, 1, 'it is left to the others')
  await open(key).list('/VirDomain')
  t.equal(simulator.sessions.opened, 1)
})

t.test('one with another key logs in by itself', async (t) => {
  const { simulator, clients } = await start(t, [key, randomBytes(32)])
  for (const client of clients) await client.list('/VirDomain')
  t.equal(simulator.sessions.opened, 2)
})

t.test('the turn of one that has ended goes to the next', async (t) => {
  const { simulator, clients } = await start(t, [key])
  const [client] = clients
  const { store } = client ?? {}
  const origin = simulator.urls[0] ?? ''
  const { user } = simulator.world.options
  const lease = await store?.lease(`login ${JSON.stringify([origin, user, false])}`, 400)
  t.ok(lease)
  const from = performance.now()
  await client?.list('/VirDomain')
  t.ok(performance.now() - from > 300, 'it was waited for')
  t.equal(simulator.sessions.opened, 1)
})

t.test('without the store each logs in by itself', async (t) => {
  const { simulator, clients } = await start(t, [key, key])
  for (const { store } of clients) await store.close()
  await Promise.all(clients.map((client) => client.list('/VirDomain')))
  t.equal(simulator.sessions.opened, 2)
  await sleep(10)
})
