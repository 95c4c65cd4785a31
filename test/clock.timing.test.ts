import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startTestBridge } from './helper/bridge.ts'
import { failureOf } from './helper/failure.ts'
import { hostileSetup } from './helper/hostile-client.ts'
import { misdeeds } from './helper/hostile-proxy.ts'
import { stepClock } from './helper/stepping-clock.ts'

const hour = 3_600_000
/** A resume of the machine, a correction by NTP, a change of the time zone by hand. */
const steps = [-hour, 13 * hour, -13 * hour]

for (const step of steps) {
  const name = `${step > 0 ? '+' : ''}${step / hour} h`

  t.test(`${name} after a refused login: the pause is as long as ever`, async (t) => {
    const clock = stepClock(t)
    const { client, proxies, counts } = await hostileSetup(t, { refusalMs: 600 }, { nodes: 1 })
    proxies.all({ path: /^\/login$/, times: 1, does: misdeeds.json(401, 'Invalid credentials') })
    await failureOf(client.list('/Node'))
    clock.set(step)
    t.match((await failureOf(client.list('/Node'))).message, /is not asked again for 1 s\.$/)
    await delay(650)
    t.ok((await client.list('/Node')).length > 0)
    t.same(counts('POST', /^\/login$/), [2])
  })

  t.test(`${name} after a node failed: it is looked at as soon as ever`, async (t) => {
    const clock = stepClock(t)
    const { client, proxies } = await hostileSetup(t, { restMs: 400 })
    const [first] = proxies.nodes
    await first?.down()
    await client.list('/Node')
    await first?.up()
    clock.set(step)
    const serving = async (): Promise<string> =>
      (await client.request({ method: 'GET', path: '/Node' })).node
    t.equal(await serving(), proxies.nodes[1]?.host, 'it rests')
    const since = performance.now()
    await delay(400)
    while ((await serving()) !== first?.host && performance.now() - since < 5000) await delay(20)
    t.equal(await serving(), first?.host)
  })

  t.test(`${name}: a session is as old as it is, at least`, async (t) => {
    const clock = stepClock(t)
    const { client, counts } = await hostileSetup(t, {}, { nodes: 1 })
    for (const offset of [0, step, 0, step]) {
      clock.set(offset)
      await client.list('/Node')
    }
    const renewals = step > 12 * hour ? 1 : 0
    t.same(counts('POST', /^\/login$/), [1 + renewals], 'one that seems too old is renewed once')
    const [session] = await client.sessions.describe()
    t.equal(session?.valid, true)
    t.ok(Number(session?.ageMs) < 60_000)
  })

  t.test(`${name}: /ready does not keep reporting an outdated state`, async (t) => {
    const clock = stepClock(t)
    const bridge = await startTestBridge(t, { simulator: { nodes: 2 } })
    t.equal((await bridge.fetch('/ready')).status, 200)
    clock.set(step)
    bridge.simulator.faults.add({ kind: 'node-down' })
    await delay(2_100)
    t.equal((await bridge.fetch('/ready')).status, 503)
    bridge.simulator.faults.clear()
    await delay(2_100)
    clock.set(0)
    t.equal((await bridge.fetch('/ready')).status, 200)
  })

  t.test(`${name} while a task or a VM is waited for: the wait is as long as ever`, async (t) => {
    const clock = stepClock(t)
    const bridge = await startTestBridge(t, { simulator: { nodes: 1, speed: 0.1 } })
    // Two, as a write waits for the task on its VM.
    const [vm, other] = [...bridge.simulator.world.state.virDomains.values()].filter(
      ({ state }) => state === 'RUNNING'
    )
    const startedAt = performance.now()
    const calls = [
      bridge.call('snapshotVM', { vmUUID: vm?.uuid, label: 'clock', wait: 1.5 }),
      bridge.call('changeVM_state', { vmUUID: other?.uuid, actionType: 'SHUTDOWN', wait: 1.5 })
    ]
    await delay(500)
    clock.set(step)
    const responses = await Promise.all(calls)
    const ms = performance.now() - startedAt
    t.ok(ms > 1400 && ms < 6000, `${Math.round(ms)} ms`)
    for (const { status, text } of responses) {
      t.equal(status, 200, text)
      t.notMatch(text, /\d{3,} min|-\d+ (s|min)/, 'no time is told that the clock jumped over')
    }
  })
}
