import t from 'tap'
import { loadBridgeConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/config/log.ts'
import { Outgoing } from '../../src/lib/secrets/outgoing.ts'
import { asCluster } from '../../src/simulator/as-cluster.ts'
import { startBridge } from '../../src/server.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { holdTimers } from '../helper/held-timers.ts'
import { portIsFree } from '../helper/ports.ts'
import { logins, simulatorFor, until } from '../helper/simulator.ts'

const outgoing = new Outgoing([])

const cluster = {
  nodes: ['https://127.0.0.1:1'],
  username: 'admin',
  password: 'admin',
  useOidc: false,
  tls: { mode: 'verify' as const, fingerprints: [] },
  sessionMaxAgeMs: 1000
}

t.test('a port in use is said and leaves nothing open', async (t) => {
  const bridge = await startTestBridge(t)
  const port = new URL(bridge.url).port
  const config = loadBridgeConfig({ PORT: port }, 'token')
  await t.rejects(
    startBridge({ config, cluster, logger: createLogger('silent', outgoing), outgoing }),
    {
      code: 'EADDRINUSE'
    }
  )
})

t.test('before it listens, it pings the cluster if set to, and logs in nowhere', async (t) => {
  for (const connects of [true, false]) {
    const simulator = await simulatorFor(t)
    const bridge = await startBridge(
      {
        config: loadBridgeConfig({ PORT: '0' }, 'token'),
        cluster: asCluster(simulator),
        logger: createLogger('silent', outgoing),
        outgoing
      },
      { connects }
    )
    if (connects) {
      await until(() => simulator.requests.length === simulator.urls.length)
      // Two rounds on the same connections: a login behind the first would have been sent by then.
      for (let round = 0; round < 2; round++) await bridge.app.hypercore.probe()
    }
    await bridge.close()
    const paths = new Set(simulator.requests.map(({ path }) => path))
    t.same([...paths], connects ? ['/rest/v1/ping'] : [])
  }
})

t.test('an IPv6 address makes a URL that works', async (t) => {
  const config = loadBridgeConfig({ HOST: '::1', PORT: '0' }, 'token')
  const bridge = await startBridge({
    config,
    cluster,
    logger: createLogger('silent', outgoing),
    outgoing
  }).catch((error: NodeJS.ErrnoException) => error)
  if (bridge instanceof Error) {
    t.comment(`no IPv6 here: ${bridge.code}`)
    return
  }
  t.teardown(() => bridge.close())
  t.equal((await fetch(`${bridge.url}/health`)).status, 200)
})

t.test('running requests are finished, new ones refused, the port is free', async (t) => {
  const bridge = await startTestBridge(t)
  await bridge.call('ping_read')
  const waits = holdTimers(t, 4_000_000)
  bridge.simulator.faults.add({ kind: 'slow', ms: 4_000_000, path: '/VirDomain' })
  const running = bridge.call('vm_read')
  await until(() => waits.waiting.length > 0)
  bridge.simulator.faults.clear()
  const closed = bridge.close()
  await until(() => portIsFree(Number(new URL(bridge.url).port)))
  waits.release()
  t.equal((await running).status, 200)
  await closed
  await t.rejects(bridge.call('ping_read'))
})

t.test('a session survives a restart in its file', async (t) => {
  const sessionFile = `${t.testdir()}/state/session.json`
  const bridge = await startTestBridge(t, { cluster: { sessionFile } })
  await bridge.call('ping_read')
  await bridge.close()
  t.equal(logins(bridge.simulator), 1)

  const config = loadBridgeConfig({ PORT: '0' }, 'token')
  const second = await startBridge({
    config,
    cluster: {
      ...cluster,
      nodes: bridge.simulator.urls,
      tls: { mode: 'pin', fingerprints: bridge.simulator.fingerprints },
      sessionMaxAgeMs: 3600_000,
      sessionFile
    },
    logger: createLogger('silent', outgoing),
    outgoing
  })
  t.teardown(() => second.close())
  const answer = await fetch(`${second.url}/ping_read`, {
    method: 'POST',
    headers: { authorization: 'Bearer token' }
  })
  t.equal(answer.status, 200)
  t.equal(logins(bridge.simulator), 1, 'no second login')
})
