import { Pool } from 'undici'
import type { Sent } from './cases.ts'

const looksWrong = /"isError":true|"error":/

/** Callers of one address, each with a connection of its own. */
export class Callers {
  readonly #pool: Pool

  constructor(url: string, callers: number) {
    this.#pool = new Pool(url, { connections: callers, connect: { rejectUnauthorized: false } })
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  /** One call; returns the length of its response. */
  async call({ path, method, headers, body }: Sent): Promise<number> {
    const response = await this.#pool.request({ path, method, headers, body: body?.() })
    let bytes = 0
    let head = ''
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      if (bytes < 300) head += chunk.toString('latin1', 0, 300)
      bytes += chunk.length
    }
    if (response.statusCode !== 200 || looksWrong.test(head.slice(0, 300)))
      throw new Error(`${method} ${path}: ${response.statusCode} ${head}`)
    return bytes
  }

  /** Milliseconds of each call by `callers` callers, each calling again as soon as it can. */
  async run(sent: Sent, callers: number, seconds: number): Promise<number[]> {
    const times: number[] = []
    const until = performance.now() + seconds * 1000
    const caller = async (): Promise<void> => {
      do {
        const from = performance.now()
        await this.call(sent)
        times.push(performance.now() - from)
      } while (performance.now() < until)
    }
    await Promise.all(Array.from({ length: callers }, caller))
    return times
  }
}
