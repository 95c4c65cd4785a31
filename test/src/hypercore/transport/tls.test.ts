import { createServer, type AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { fetchCertificate } from '../../../../src/hypercore/transport/certificate.ts'
import { createCertificate } from '../../../../src/simulator/certificate.ts'
import { clientFor } from '../../../helper/cluster-client.ts'
import { expiredCertificate } from '../../../helper/expired-certificate.ts'
import { failureOf } from '../../../helper/failure.ts'
import { json, startOddServer } from '../../../helper/odd-server.ts'

const pin = (...fingerprints: string[]) => ({ mode: 'pin' as const, fingerprints })
const verify = (ca?: string) => ({ mode: 'verify' as const, fingerprints: [], ca })

t.test('verify: a self-signed certificate is refused before a byte of a request', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [server.url], { tls: verify() })
  const error = await failureOf(client.list('/Node'))
  const host = new URL(server.url).host
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, `node ${host} has a self-signed certificate`)
  t.match(
    error.message,
    `; compare the SHA-256 fingerprint ${server.fingerprint} with the one on ${host} itself, then ` +
      `pin it: \`scale-bridge pin ${host}\`, or SCALE_TLS=pin with this fingerprint in SCALE_TLS_FINGERPRINT.`
  )
  t.notMatch(error.message, /insecure|reject|verification off/i)
  t.match(error.details, { node: host })
  t.equal(server.requests.length, 0)
})

t.test('verify: every node that was tried is named with the fingerprint it showed', async (t) => {
  const first = await startOddServer(t, (_request, response) => json(response, 200, []))
  const second = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [first.url, second.url], { tls: verify() })
  const { message } = await failureOf(client.list('/Node'))
  const pair = [first, second].map(
    ({ url, fingerprint }) => `${fingerprint} (${new URL(url).host})`
  )
  t.match(message, `compare the SHA-256 fingerprints ${pair.join(', ')} with those on the nodes`)
  t.match(message, `scale-bridge pin ${new URL(first.url).host} ${new URL(second.url).host}`)

  const pins = message.match(/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g) ?? []
  const { client: pinned } = clientFor(t, [first.url, second.url], { tls: pin(...pins) })
  t.same(await pinned.list('/Node'), [], 'what the message names can be pinned')
})

t.test('verify: trusts what SCALE_TLS_CA holds', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [server.url], { tls: verify(server.certificate.certificate) })
  t.same(await client.list('/Node'), [])
})

t.test('verify: says which names a certificate for another host has', async (t) => {
  const certificate = await createCertificate('other', ['other.example'])
  const server = await startOddServer(t, (_request, response) => json(response, 200, []), {
    certificate
  })
  const { client } = clientFor(t, [server.url], { tls: verify(certificate.certificate) })
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, /issued for other names \(DNS:other\.example\)/)
  t.match(error.message, server.fingerprint)
  t.equal(server.requests.length, 0)
})

t.test('verify: says that a certificate has expired', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []), {
    certificate: expiredCertificate
  })
  const { client } = clientFor(t, [server.url], { tls: verify(expiredCertificate.certificate) })
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, /has an expired certificate/)
  t.match(error.message, server.fingerprint)
})

t.test('pin: any way to write the fingerprint down will do', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []), {
    certificate: expiredCertificate
  })
  for (const written of [
    server.fingerprint,
    server.fingerprint.toLowerCase(),
    server.fingerprint.replaceAll(':', '')
  ]) {
    const { client } = clientFor(t, [server.url], { tls: pin('00'.repeat(32), written) })
    t.same(await client.list('/Node'), [], written)
  }
})

t.test('pin: another certificate is refused before a byte of a request', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [server.url], { tls: pin('00'.repeat(32)) })
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, server.fingerprint)
  t.match(error.message, 'scale-bridge pin')
  t.equal(server.requests.length, 0)
})

t.test('pin: an empty list of pins trusts nothing', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const { client } = clientFor(t, [server.url], { tls: pin() })
  t.equal((await failureOf(client.list('/Node'))).code, 'CLUSTER_TLS')
  t.equal(server.requests.length, 0)
})

t.test('pin: a certificate that changes between two connections is noticed', async (t) => {
  const first = await startOddServer(t, (_request, response) => json(response, 200, []))
  const port = Number(new URL(first.url).port)
  const { client } = clientFor(t, [first.url], { tls: pin(first.fingerprint) })
  t.same(await client.list('/Node'), [])
  await first.close()
  const second = await startOddServer(t, (_request, response) => json(response, 200, []), { port })
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, second.fingerprint)
  t.equal(second.requests.length, 0)
})

t.test('pin: no TLS session is resumed, so every connection shows its certificate', async (t) => {
  const reused: boolean[] = []
  const server = await startOddServer(t, (request, response) => {
    reused.push((request.socket as TLSSocket).isSessionReused())
    response.setHeader('connection', 'close')
    json(response, 200, [])
  })
  const { client } = clientFor(t, [server.url], { tls: pin(server.fingerprint) })
  for (let i = 0; i < 4; i++) await client.list('/Node')
  t.same(reused, [false, false, false, false])
})

t.test('the outcome of a write refused by TLS is not unknown', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, {}))
  const { client } = clientFor(t, [server.url], { tls: verify() })
  const error = await failureOf(client.write('POST', '/VirDomain', {}))
  t.equal(error.code, 'CLUSTER_TLS')
})

t.test('a port that speaks no TLS is called so', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const { client } = clientFor(t, [`https://127.0.0.1:${port}`])
  const error = await failureOf(client.list('/Node'))
  t.equal(error.code, 'CLUSTER_TLS')
  t.match(error.message, /could not agree on TLS/)
  t.match(error.message, /`scale-bridge pin [\d.:]+` shows and pins its certificate/)
})

t.test('fetchCertificate shows the certificate and sends no request', async (t) => {
  const server = await startOddServer(t, (_request, response) => json(response, 200, []))
  const certificate = await fetchCertificate(server.url, { timeoutMs: 60_000 })
  t.match(certificate, {
    fingerprint256: server.fingerprint,
    subject: 'CN=odd.example',
    issuer: 'CN=odd.example',
    selfSigned: true,
    names: ['127.0.0.1', 'localhost']
  })
  t.ok(Date.parse(certificate.validFrom) < Date.now())
  t.ok(Date.parse(certificate.validTo) > Date.now())
  t.equal(server.requests.length, 0)
})

t.test('fetchCertificate: connection refused, no response, aborted by the caller', async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`
  const timeout = await failureOf(fetchCertificate(url, { timeoutMs: 50 }))
  t.equal(timeout.code, 'CLUSTER_TIMEOUT')
  const signal = AbortSignal.timeout(50)
  const gone = await failureOf(fetchCertificate(url, { timeoutMs: 60_000, signal }))
  t.equal(gone.code, 'CALLER_GONE')
  await new Promise((resolve) => silent.close(resolve))
  const refused = await failureOf(fetchCertificate(url, { timeoutMs: 60_000 }))
  t.equal(refused.code, 'CLUSTER_UNREACHABLE')
  t.match(refused.message, /refused the connection/)
})
