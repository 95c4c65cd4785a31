import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { NodeCertificate } from './certificate.ts'
import { malformedRequestAnswer } from './front-pages.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * How a node takes connections that it does not serve: `black-hole` never says a word, not even of
 * TLS; `tls-error` ends every handshake with an alert.
 */
export type Muteness = 'black-hole' | 'tls-error'

/** A fatal alert, "internal error" (RFC 8446, 6). */
const tlsAlert = Buffer.from('15030300020250', 'hex')

const retryMs = 20

/**
 * One node's HTTPS listener. It can be closed and opened again on the same port, as a node that
 * goes away and comes back; closing cuts all connections.
 */
export class NodeServer {
  /** Takes the connections, and hands them to the other unless the node is mute. */
  readonly #listener: Server
  readonly #https: HttpsServer
  readonly #sockets = new Set<Socket>()
  #host = ''
  #port = 0
  #retry: NodeJS.Timeout | undefined
  #wanted = false
  #ended = false
  #muteness: Muteness | undefined
  #certificate: NodeCertificate

  constructor(certificate: NodeCertificate, listener: Listener) {
    this.#certificate = certificate
    this.#https = createHttpsServer(
      { cert: certificate.certificate, key: certificate.privateKey },
      listener
    )
    // A client that sends both Content-Length and Transfer-Encoding gets an error (what a real node
    // does is not known); one that has disconnected, or broke the handshake, is ignored.
    this.#https.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end(malformedRequestAnswer())
      else socket.destroy()
    })
    this.#https.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#listener = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  get host(): string {
    return this.#host
  }

  get port(): number {
    return this.#port
  }

  get certificate(): NodeCertificate {
    return this.#certificate
  }

  /**
   * Listens for the first time, on a free port for 0. Throws an error that names the address if that
   * cannot be had, its cause the system's; another address may be tried then.
   */
  async start(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.message
        reject(new Error(`Cannot listen on ${host}:${port}: ${reason}`, { cause: error }))
      }
      this.#listener.once('error', refuse)
      this.#listener.listen(port, host, () => {
        this.#listener.off('error', refuse)
        resolve()
      })
    })
    this.#wanted = true
    this.#host = host
    this.#port = (this.#listener.address() as AddressInfo).port
    this.#listener.on('error', this.#tryAgain)
  }

  /** Gives its address back, so that it can be started on another one. */
  release(): void {
    this.#listener.off('error', this.#tryAgain)
    this.close()
    this.#port = 0
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
    this.cut()
    if (this.#listener.listening) this.#listener.close()
  }

  /** Closes for good. */
  end(): void {
    this.#ended = true
    this.close()
  }

  /**
   * Takes connections without serving them, or serves them again. Ends those that a handshake which
   * fails would have ended; behind a black hole they stay open, and no response may be sent on them.
   */
  mute(muteness: Muteness | undefined): void {
    if (muteness === this.#muteness) return
    this.#muteness = muteness
    if (muteness !== 'black-hole') this.cut()
  }

  /**
   * Resets one connection (TCP RST), as a node that crashes does. It happens on the next turn, when
   * its request is no longer being parsed.
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
    this.#https.setSecureContext({ cert: certificate.certificate, key: certificate.privateKey })
  }

  /** Opening again fails while the port is not free yet. */
  readonly #tryAgain = (): void => {
    this.#retry = setTimeout(() => this.#listen(), retryMs)
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#muteness === undefined) {
      this.#https.emit('connection', socket)
      return
    }
    socket.on('error', () => socket.destroy())
    if (this.#muteness === 'tls-error') socket.once('data', () => socket.end(tlsAlert))
  }

  /** Cuts the connections that are open; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #listen(): void {
    if (this.#wanted && !this.#listener.listening) this.#listener.listen(this.#port, this.#host)
  }
}
