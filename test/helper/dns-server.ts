import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decode, encode } from 'dns-packet'

/** A name server on loopback, as a network of containers has one: IPv4 addresses of some names, by UDP. */
export class DnsServer {
  /** Addresses by name; may be changed at any time. */
  readonly names = new Map<string, string>()
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (query, { port, address }) => {
      socket.send(this.#respond(query), port, address)
    })
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsServer(socket)
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }

  /** NXDOMAIN for an unknown name; no record of a type other than A for a known one. */
  #respond(query: Buffer): Buffer {
    const { id = 0, questions = [] } = decode(query)
    const known = questions.flatMap(({ name, type }) => {
      const data = this.names.get(name)
      return data === undefined ? [] : [{ name, type, data }]
    })
    const nameError = 3
    return encode({
      type: 'response',
      id,
      // The low four bits are the code of the response.
      flags: known.length === 0 ? nameError : 0,
      questions,
      answers: known
        .filter(({ type }) => type === 'A')
        .map(({ name, data }) => ({ type: 'A', name, ttl: 0, data }))
    })
  }
}
