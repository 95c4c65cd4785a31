import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Spreads connections over the bridges that are there, in turn; one that refuses is passed over. */
export class Balancer {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #ports: number[] = []
  #next = 0

  private constructor() {
    this.#server = createServer((client) => this.#accept(client))
  }

  static async start(): Promise<Balancer> {
    const balancer = new Balancer()
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve))
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Settings of a bridge behind it: it listens anywhere. */
  placeOf(_at: number, _address?: string): Record<string, string> {
    return { PORT: '0' }
  }

  /** @param urls of the bridges behind it from now on */
  use(urls: readonly string[]): void {
    this.#ports = urls.map((url) => Number(new URL(url).port))
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    this.#keep(client)
    const ports = [...this.#ports]
    const first = this.#next++
    const attempt = (tries: number): void => {
      const port = ports[(first + tries) % ports.length]
      if (tries >= ports.length || port === undefined) {
        client.destroy()
        return
      }
      const bridge = connect(port, '127.0.0.1')
      this.#keep(bridge)
      let isThere = false
      bridge.once('connect', () => {
        isThere = true
        client.pipe(bridge).pipe(client)
      })
      bridge.once('close', () => (isThere ? client.destroy() : attempt(tries + 1)))
      client.once('close', () => bridge.destroy())
    }
    attempt(0)
  }

  #keep(socket: Socket): void {
    this.#open.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.#open.delete(socket))
  }
}
