import type { ErrorCode } from '../../src/lib/errors.ts'
import { head, sendRaw } from '../helper/raw-http.ts'
import type { Situation, Told } from './provocation.ts'

/** A bridge that takes one call a minute, and waits a moment for a request. */
export const strictBridge: Situation = async (_owner, start) => {
  const bridge = await start({ config: { rateLimit: 1 }, timings: { requestMs: 300 } })
  const authorization = `Bearer ${bridge.token}`
  const post = async (headers: Record<string, string | number>, body: string): Promise<Told> => {
    const { status, text } = await sendRaw(bridge.url, head('POST /ping_read', headers) + body)
    const { error } = JSON.parse(text) as { error: { code: ErrorCode; message: string } }
    return { status, code: error.code, message: error.message }
  }
  const json = { authorization, 'content-type': 'application/json' }
  return [
    {
      how: 'a body that does not end',
      code: 'REQUEST_TIMEOUT',
      meet: () => post({ ...json, 'content-length': 100 }, '{')
    },
    {
      how: 'one call more than is allowed',
      code: 'RATE_LIMITED',
      meet: () => post({ ...json, 'content-length': 2 }, '{}')
    }
  ]
}
