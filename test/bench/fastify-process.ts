import bearerAuth from '@fastify/bearer-auth'
import { Type } from '@sinclair/typebox'
import fastify from 'fastify'
import { Pool } from 'undici'
import { login } from './direct.ts'

/**
 * The parts the bridge is built of with nothing of its own between them: a token, a typed body, a line of
 * log for each request and response, and the record sent on by undici. What a call costs here costs it in
 * the bridge as well.
 */
const { cluster, token } = JSON.parse(process.argv[2] ?? '{}') as { cluster: string; token: string }
const headers = await login(cluster)
const pool = new Pool(cluster, { connections: 16, connect: { rejectUnauthorized: false } })

const app = fastify({ logger: { file: '/dev/null' } })
await app.register(bearerAuth, { keys: [token] })
app.post<{ Body: { query: string } }>(
  '/run_api',
  { schema: { body: Type.Object({ query: Type.String(), method: Type.Literal('GET') }) } },
  async (request, reply) => {
    const path = `/rest/v1${request.body.query}`
    const { statusCode, body } = await pool.request({ path, method: 'GET', headers })
    return reply
      .code(statusCode)
      .type('application/json')
      .send(await body.text())
  }
)
const url = await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ ready: { url } })
process.once('disconnect', () => process.exit())
