import type { ErrorCode } from '../../src/lib/errors/errors.ts'
import type { TestBridge } from '../helper/bridge.ts'
import { head, sendRaw } from '../helper/raw-http.ts'
import type { Situation, Told } from './provocation.ts'

/** A bridge that takes one call a minute, and one that waits a moment for a request: a busy machine may need longer. */
export const strictBridge: Situation = async (_owner, start) => {
  const [strict, hasty] = await Promise.all([
    start({ config: { rateLimit: 1 } }),
    start({ timings: { requestMs: 300 } })
  ])
  const post = async (bridge: TestBridge, length: number, body: string): Promise<Told> => {
    const headers = {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/json',
      'content-length': length
    }
    const { status, text } = await sendRaw(bridge.url, head('POST /ping_read', headers) + body)
    const { error } = JSON.parse(text) as { error: { code: ErrorCode; message: string } }
    return { status, code: error.code, message: error.message }
  }
  return [
    {
      how: 'a body that does not end',
      code: 'REQUEST_TIMEOUT',
      meet: () => post(hasty, 100, '{')
    },
    {
      how: 'one call more than is allowed',
      code: 'RATE_LIMITED',
      meet: async () => {
        await strict.call('ping_read')
        return post(strict, 2, '{}')
      }
    }
  ]
}
