import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { clientFor } from '../../../helper/cluster-client.ts'
import { hostileSetup } from '../../../helper/hostile-client.ts'
import { misdeeds } from '../../../helper/hostile-proxy.ts'
import { simulatorFor } from '../../../helper/simulator.ts'

/** A node that establishes only `connections` connections, as one whose queue is full. */
async function crampedNode(t: Test, url: string, connections: number): Promise<string> {
  const { port } = new URL(url)
  const sockets = new Set<Socket>()
  let count = 0
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    if (++count > connections) return
    const onward = connect(Number(port), '127.0.0.1').on('error', () => socket.destroy())
    sockets.add(onward)
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test(
  'a connection that cannot be established turns away no call that the node serves',
  async (t) => {
    const simulator = await simulatorFor(t, { nodes: 1, vms: 2 })
    simulator.faults.add({ kind: 'slow', path: '/Node', ms: 50 })
    const url = await crampedNode(t, simulator.urls[0] ?? '', 4)
    const { client } = clientFor(t, [url], { timeouts: { connectMs: 600 } })
    // With a time limit of its own a read is shared with no other.
    const calls = Array.from({ length: 150 }, () =>
      client.request({ method: 'GET', path: '/Node', timeoutMs: 20_000 })
    )
    const ended = await Promise.allSettled(calls)
    const served = ended.filter(({ status }) => status === 'fulfilled').length
    t.comment(`${served} of ${calls.length} served`)
    // The other calls are refused as the bridge is busy, or found no connection themselves.
    t.ok(served > 20, `${served} served`)
  }
)

t.test('a lack of free connections does not count against the node', async (t) => {
  const { client, proxies, log } = await hostileSetup(t, { moveOnMs: 1500 })
  await client.list('/Node')
  proxies.nodes[0]?.rules.push({ method: 'POST', does: misdeeds.delay(2000) })
  const users = Array.from({ length: 40 }, (_, i) => ({ username: `u${i}`, password: 'secret-of' }))
  const written = await Promise.all(users.map((user) => client.write('POST', '/User', user)))
  t.equal(written.length, 40, 'what finds no place there goes elsewhere')
  t.ok(Number(proxies.nodes[1]?.count('POST', /^\/User$/)) > 0)
  const warnings = log.filter(({ level }) => level === 'warn').map(({ message }) => message)
  t.match(
    warnings,
    [/takes 2 s to respond to writes, /],
    'it is slow to write, which is another matter'
  )
  t.ok(client.traffic().nodes[0]?.kinds.every(({ position }) => position === 'closed'))
  proxies.reset()
  await client.list('/Drive')
  t.equal(proxies.nodes[0]?.count('GET', /^\/Drive$/), 1, 'it keeps its place for reads')
})
