import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { NodeCertificate } from './certificate.ts'
import { malformedRequestAnswer } from './front-pages.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

const retryMs = 20

/**
 * One node's HTTPS listener. It can be closed and opened again on the same port, as a node that
 * goes away and comes back; closing cuts all connections.
 */
export class NodeServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #host: string
  #port: number
  #retry: NodeJS.Timeout | undefined
  #wanted = false
  #ended = false
  #certificate: NodeCertificate

  constructor(host: string, port: number, certificate: NodeCertificate, listener: Listener) {
    this.#host = host
    this.#port = port
    this.#certificate = certificate
    this.#server = createServer(
      { cert: certificate.certificate, key: certificate.privateKey },
      listener
    )
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    // A client that sends both Content-Length and Transfer-Encoding is told so (what a real node
    // does is not known); one that is gone, or broke the handshake, is its own affair.
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end(malformedRequestAnswer())
      else socket.destroy()
    })
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  get port(): number {
    return this.#port
  }

  get certificate(): NodeCertificate {
    return this.#certificate
  }

  /** Listens for the first time. Throws an error that names the port if it is in use. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.message
        reject(
          new Error(`Cannot listen on ${this.#host}:${this.#port}: ${reason}`, { cause: error })
        )
      }
      this.#server.once('error', refuse)
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', refuse)
        resolve()
      })
    })
    this.#wanted = true
    this.#port = (this.#server.address() as AddressInfo).port
    // From here on only opening again can fail: when the port is not free yet.
    this.#server.on('error', () => {
      this.#retry = setTimeout(() => this.#listen(), retryMs)
    })
  }

  /** Accepts connections again, on the same port. */
  open(): void {
    if (this.#wanted || this.#ended) return
    this.#wanted = true
    this.#listen()
  }

  /** Refuses connections from now on and cuts those that are open. */
  close(): void {
    this.#wanted = false
    clearTimeout(this.#retry)
    // The sockets go first: closing the server walks through the connections that it takes for open.
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) this.#server.close()
  }

  /** Closes for good. */
  end(): void {
    this.#ended = true
    this.close()
  }

  /**
   * Resets one connection (TCP RST), as a node that crashes does. It happens on the next turn: a
   * socket that goes away while its request is still being parsed leaves its parser behind among the
   * server's connections, and closing the server stumbles over it.
   */
  reset(socket: Socket): void {
    const { remotePort, remoteAddress } = socket
    setImmediate(() => {
      // TLS wraps the socket that has to be reset; both know the same peer.
      for (const raw of this.#sockets)
        if (raw.remotePort === remotePort && raw.remoteAddress === remoteAddress)
          raw.resetAndDestroy()
      socket.destroy()
    })
  }

  /** Uses another certificate for connections from now on. */
  replaceCertificate(certificate: NodeCertificate): void {
    this.#certificate = certificate
    this.#server.setSecureContext({ cert: certificate.certificate, key: certificate.privateKey })
  }

  #listen(): void {
    if (this.#wanted && !this.#server.listening) this.#server.listen(this.#port, this.#host)
  }
}
