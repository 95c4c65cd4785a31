import { randomUUID } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Agent, request } from 'undici'
import { createCertificate } from '../../src/simulator/certificate.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { ClusterFacts } from './party.ts'

/**
 * A cluster that is called: the simulator, or a stub that keeps each response of one and sends it again,
 * which costs next to nothing, so that what stands before it shows; a changing one puts another number into
 * each response, so that none is like the one before. Reads only; both count what arrives.
 */
const { upstream, vms } = JSON.parse(process.argv[2] ?? '{}') as { upstream: string; vms: number }
const counts = { requests: 0, connections: 0, bytes: 0 }
Reflect.set(globalThis, Symbol.for('bench.counts'), counts)

const simulator = await startSimulator({ nodes: 1, vms, speed: 200 })
const [url = ''] = simulator.urls
const [fingerprint = ''] = simulator.fingerprints
for (const vm of simulator.world.state.virDomains.values()) vm.tags = 'lab'
const running = [...simulator.world.state.virDomains.values()].find(
  ({ state }) => state === 'RUNNING'
)
const vmUUID = running?.uuid ?? ''
const vmName = running?.name ?? ''

const ready = (facts: Pick<ClusterFacts, 'url' | 'fingerprint'>): void =>
  void process.send?.({ ready: { ...facts, vmUUID, vmName } satisfies ClusterFacts })

/** Such as a time. */
const tenDigits = /(?<=":)1\d{9}(?=[,}])/

interface Kept {
  status: number
  head: Record<string, string | number>
  body: Buffer
  /** Where the number is that changes; -1: nothing does. */
  numberAt: number
}

async function startStub(): Promise<void> {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const basic = `Basic ${Buffer.from('admin:admin').toString('base64')}`
  const kept = new Map<string, Promise<Kept>>()

  async function ask(target: string): Promise<Kept> {
    const { statusCode, headers, body } = await request(url + target, {
      dispatcher,
      headers: { authorization: basic }
    })
    const bytes = Buffer.from(await body.arrayBuffer())
    const type = headers['content-type']
    return {
      status: statusCode,
      head: {
        'content-type': typeof type === 'string' ? type : 'application/json',
        'content-length': bytes.length
      },
      body: bytes,
      numberAt: upstream === 'changing stub' ? bytes.toString('latin1').search(tenDigits) : -1
    }
  }

  const certificate = await createCertificate('node-1.stub', ['127.0.0.1'])
  const session = Buffer.from(JSON.stringify({ sessionID: randomUUID() }))
  const server = createServer({ key: certificate.privateKey, cert: certificate.certificate })
  server.on('secureConnection', () => counts.connections++)
  server.on('request', (incoming, response) => {
    counts.requests++
    incoming.resume()
    const target = incoming.url ?? ''
    if (target === '/rest/v1/login') {
      const { sessionID } = JSON.parse(session.toString()) as { sessionID: string }
      response.setHeader('set-cookie', `sessionID=${sessionID}; path=/; secure; httponly`)
      response.setHeader('content-type', 'application/json')
      response.end(session)
      return
    }
    let answer = kept.get(target)
    if (answer === undefined) kept.set(target, (answer = ask(target)))
    answer.then(
      ({ status, head, body, numberAt }) => {
        counts.bytes += body.length
        response.writeHead(status, head)
        if (numberAt < 0) return response.end(body)
        response.write(body.subarray(0, numberAt))
        response.write(String(1_000_000_000 + counts.requests))
        return response.end(body.subarray(numberAt + 10))
      },
      () => response.writeHead(500).end()
    )
  })
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    ready({ url: `https://127.0.0.1:${port}`, fingerprint: certificate.fingerprint })
  })
}

if (upstream !== 'simulator') await startStub()
else {
  simulator.witnesses.add(() => counts.requests++)
  ready({ url, fingerprint })
}
process.once('disconnect', () => process.exit())
