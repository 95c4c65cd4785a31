import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { createCertificate } from '../../src/simulator/certificate.ts'

type Teardown = { teardown(handler: () => unknown): void }

const listening = (server: {
  listen(port: number, host: string, done: () => void): unknown
}): Promise<void> => new Promise((resolve) => void server.listen(0, '127.0.0.1', resolve))

/** One address, behind which stands now one server, now another. */
export interface Switchboard {
  /** Port on loopback. */
  port: number
  /** Cuts all connections; new ones go to this port. */
  switchTo(port: number): void
}

/** Passes bytes on as they are: TLS is between client and server. */
export async function startSwitchboard(t: Teardown, first: number): Promise<Switchboard> {
  let target = first
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  }
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((inbound) => {
    const outbound = connect(target, '127.0.0.1')
    track(inbound)
    track(outbound)
    inbound.pipe(outbound).pipe(inbound)
  })
  await listening(server)
  t.teardown(() => {
    server.close()
    cut()
  })
  return {
    port: (server.address() as AddressInfo).port,
    switchTo(port) {
      target = port
      cut()
    }
  }
}

/** A host that responds in place of a node, with a certificate of its own. */
export interface Impostor {
  port: number
  fingerprint: string
  /** Connections that came to it. */
  connections: number
  /** What was sent to it once the connection was encrypted. */
  received: Buffer[]
}

/** Speaks TLS, keeps what it is sent, and returns an empty list to whatever it is asked. */
export async function startImpostor(t: Teardown): Promise<Impostor> {
  const certificate = await createCertificate('impostor', ['127.0.0.1'])
  const sockets = new Set<TLSSocket>()
  const server = createTlsServer(
    { cert: certificate.certificate, key: certificate.privateKey },
    (socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('data', (bytes: Buffer) => {
        impostor.received.push(bytes)
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]'
        )
      })
    }
  )
  server.on('connection', () => void (impostor.connections += 1))
  await listening(server)
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const impostor: Impostor = {
    port: (server.address() as AddressInfo).port,
    fingerprint: certificate.fingerprint,
    connections: 0,
    received: []
  }
  return impostor
}
