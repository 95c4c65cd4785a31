import t from 'tap'
import { request } from 'undici'
import { balancerConfig } from '../helper/compose.ts'
import { noPostgres, PostgresServer } from '../helper/postgres.ts'
import { simulatorFor } from '../helper/simulator.ts'
import { checkConfig, noHaproxy } from './haproxy.ts'
import { ReplicaSet, token } from './replica-set.ts'

t.setTimeout(300_000)

t.test(
  'the balancer of compose.replicas.yaml starts before its bridges do',
  { skip: noHaproxy },
  async (t) => {
    const { status, output } = checkConfig(t.testdir(), balancerConfig().content)
    t.equal(status, 0, output)
    const warnings = output.split('\n').filter((line) => line.includes('[WARNING]'))
    t.equal(warnings.length, 3, output)
    for (const warning of warnings) t.match(warning, /could not resolve address 'bridge-\d'/)
  }
)

t.test(
  'it spreads calls, keeps browsers with a bridge, and follows bridges',
  { skip: noHaproxy || noPostgres },
  async (t) => {
    const server = await PostgresServer.start()
    t.teardown(() => server.close())
    const simulator = await simulatorFor(t, { nodes: 2, vms: 10 })
    const set = await ReplicaSet.start({
      simulator,
      folder: t.testdir(),
      store: await server.newDatabase(),
      count: 3,
      pace: 1,
      haproxy: true
    })
    t.teardown(() => set.close())

    /** Reads the VMs. @returns the status, and the number of the bridge that a new browser is bound to */
    const read = async (cookie?: string): Promise<{ status: number; bridge?: string }> => {
      const { statusCode, headers, body } = await request(`${set.balancer.url}/vm_read`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(cookie !== undefined && { cookie: `bridge=${cookie}` })
        },
        body: '{}'
      })
      await body.dump()
      const [, bridge] = /^bridge=(\d+);.*HttpOnly/.exec(String(headers['set-cookie'])) ?? []
      return { status: statusCode, ...(bridge !== undefined && { bridge }) }
    }
    let refused = 0
    /** Calls until six in a row, all of them done, went to these bridges. */
    const untilSpread = async (...bridges: string[]): Promise<void> => {
      for (;;) {
        const calls: { status: number; bridge?: string }[] = []
        for (let i = 0; i < 6; i++) calls.push(await read())
        const isDone = calls.every(({ status }) => status === 200)
        if (!isDone) refused += 1
        const met = [...new Set(calls.map(({ bridge = '' }) => bridge))].toSorted()
        if (isDone && met.join() === bridges.join()) return
      }
    }

    // It has looked for their names before they were there.
    await untilSpread('1', '2', '3')
    refused = 0
    t.same(await read('2'), { status: 200 }, 'a browser stays')

    await set.kill(0)
    t.match(await read('1'), { status: 200, bridge: /[23]/ }, 'it is given another bridge at once')
    await untilSpread('2', '3')

    await set.up(0, '127.0.1.101')
    await untilSpread('1', '2', '3')
    t.equal(refused, 0, 'no call fails when a bridge ends, or is back at another address')
  }
)
