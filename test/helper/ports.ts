import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'

/** Whether something listens on a port of loopback. */
export async function portIsFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}

const [lowest, highest] = [15_000, 32_000]

/**
 * A port that nothing listens on at the moment. It is none of those that systems give to outgoing
 * connections, so that no other test gets it before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    if (await portIsFree(port)) return port
  }
}

/** A port that something listens on until the test ends. */
export async function takenPort(t: { teardown(handler: () => unknown): void }): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
