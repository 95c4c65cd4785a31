import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import t from 'tap'
import { createCertificate } from '../../../src/simulator/certificate.ts'
import { startSimulator } from '../../../src/simulator/simulator.ts'
import { failureOf, PlainClient, simulatorFor, until } from '../../helper/simulator.ts'

t.test('each node shows its own certificate, which a client can verify', async (t) => {
  const { urls, certificates, fingerprints } = await simulatorFor(t)
  t.equal(new Set(fingerprints).size, 3)
  t.same(
    urls.map((url) => new URL(url).hostname),
    ['127.0.0.1', '127.0.0.2', '127.0.0.3']
  )
  t.equal(new Set(urls.map((url) => new URL(url).port)).size, 1, 'on one port')
  for (const [i, url] of urls.entries()) {
    const certificate = new X509Certificate(certificates[i] ?? '')
    t.equal(certificate.fingerprint256, fingerprints[i])
    t.ok(certificate.checkIP(new URL(url).hostname))
    t.ok(certificate.checkHost('localhost'))
    t.ok(certificate.verify(certificate.publicKey), 'signed by its own key')
    const { hostname, port } = new URL(url)
    const socket: TLSSocket = connect({ host: hostname, port: Number(port), ca: certificates[i] })
    await once(socket, 'secureConnect')
    t.equal(socket.authorized, true)
    t.equal(socket.getPeerCertificate().fingerprint256, fingerprints[i])
    socket.destroy()
  }
})

t.test('certificates for addresses and names of all kinds', async (t) => {
  const { certificate } = await createCertificate('x', ['10.20.0.11', '::1', 'fe80::1:2', 'a.b'])
  const parsed = new X509Certificate(certificate)
  for (const address of ['10.20.0.11', '::1', 'fe80::1:2']) t.ok(parsed.checkIP(address), address)
  t.ok(parsed.checkHost('a.b'))
  t.notOk(parsed.checkIP('10.20.0.12'))
})

t.test('the port can be chosen; one in use is named, and nothing is left running', async (t) => {
  // Below the ports that systems hand out by themselves, so that no other test has them.
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const blocker = createServer()
  blocker.listen(port, '127.0.0.3')
  await once(blocker, 'listening')
  t.teardown(() => blocker.close())
  await t.rejects(startSimulator({ port, nodes: 3 }), {
    message: `Cannot listen on 127.0.0.3:${port}: it is in use`
  })
  const { urls } = await simulatorFor(t, { port, nodes: 2 })
  t.same(urls, [`https://127.0.0.1:${port}`, `https://127.0.0.2:${port}`])
})

t.test('nodes that share an address have ports that follow each other', async (t) => {
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const { urls } = await simulatorFor(t, { host: 'localhost', port, nodes: 2 })
  t.same(urls, [`https://localhost:${port}`, `https://localhost:${port + 1}`])
  t.equal((await new PlainClient(urls[1] ?? '').raw('GET', '/ping')).status, 200)
})

t.test('nodes can be configured with the addresses to advertise', async (t) => {
  const { urls, certificates } = await simulatorFor(t, { advertise: ['10.20.0.11', 'n2.example'] })
  const nodes = await new PlainClient(urls[0] ?? '').get<{ lanIP: string }>('/Node')
  t.same(
    nodes.map(({ lanIP }) => lanIP),
    ['10.20.0.11', 'n2.example', '127.0.0.3']
  )
  const [first, second] = certificates.map((certificate) => new X509Certificate(certificate))
  t.ok(first?.checkIP('10.20.0.11'))
  t.ok(second?.checkHost('n2.example'))
})

t.test('the same seed is the same cluster, another seed another', async (t) => {
  const read = async (seed: number): Promise<string> => {
    const { urls } = await simulatorFor(t, { seed })
    const client = new PlainClient(urls[0] ?? '')
    const paths = ['/VirDomain', '/VirDomainSnapshot', '/ISO', '/User', '/Role', '/DNSConfig']
    const texts = await Promise.all(paths.map(async (path) => (await client.raw('GET', path)).text))
    return texts.join()
  }
  t.equal(await read(7), await read(7))
  t.not(await read(7), await read(8))
})

t.test('live figures move around what runs', async (t) => {
  const { urls, world } = await simulatorFor(t)
  const client = new PlainClient(urls[0] ?? '')
  const nodes = await client.get<Record<string, number> & { uuid: string }>('/Node')
  for (const node of nodes) {
    const memory = [...world.state.virDomains.values()]
      .filter(({ nodeUUID }) => nodeUUID === node.uuid)
      .reduce((sum, { mem }) => sum + mem, 0)
    t.equal(node.totalMemUsageBytes, memory + (node.systemMemUsageBytes ?? 0))
    t.ok((node.cpuUsage ?? 0) > 0 && (node.cpuUsage ?? 0) < 100)
  }
})

t.test('the log of requests is bounded and tells what happened', async (t) => {
  const { urls, requests } = await simulatorFor(t)
  await new PlainClient(urls[1] ?? '').raw('PATCH', '/Node?x=1')
  t.match(requests, [{ node: 1, method: 'PATCH', path: '/rest/v1/Node', status: 405 }])
})

t.test('closing is quick and final, whatever hangs or runs', async (t) => {
  const simulator = await simulatorFor(t, { speed: 1 })
  const client = new PlainClient(simulator.urls[0] ?? '', 'admin', 'admin', 'fresh')
  await client.post('/VirDomain', { dom: { name: 'x' }, options: {} })
  const remove = simulator.faults.add({ kind: 'slow', ms: 60_000 })
  const slow = failureOf(client.raw('GET', '/ping'))
  await until(() => simulator.requests.length === 2)
  await simulator.close()
  t.equal(await slow, 'ECONNRESET', 'nobody waits a minute for it')
  remove()
  t.equal(await failureOf(client.raw('GET', '/ping')), 'ECONNREFUSED', 'stays closed')
  await simulator.close()
})
