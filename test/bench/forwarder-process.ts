import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { login } from './direct.ts'

/** The least that can stand between a caller and a cluster: what comes is sent on, by undici alone. */
const { cluster } = JSON.parse(process.argv[2] ?? '{}') as { cluster: string }
const headers = await login(cluster)
const pool = new Pool(cluster, { connections: 16, connect: { rejectUnauthorized: false } })

const server = createServer((incoming, response) => {
  incoming.resume()
  pool
    .stream(
      { path: incoming.url ?? '/', method: 'GET', headers, opaque: response },
      ({ statusCode, headers: came }) => {
        response.statusCode = statusCode
        for (const name of ['content-type', 'content-length']) {
          const value = came[name]
          if (value !== undefined) response.setHeader(name, value)
        }
        return response
      }
    )
    .catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ ready: { url: `http://127.0.0.1:${port}` } })
})
process.once('disconnect', () => process.exit())
