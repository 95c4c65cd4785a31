import type { Fault } from './faults.ts'
import type { FaultKind } from './fault-kinds.ts'
import { frontPage } from './front-pages.ts'
import { basicChallenge, Reply } from './handler.ts'

/** Kinds that put something else in the place of the answer. */
export const replacingKinds = [
  'html-502',
  'html-error',
  'error-500',
  'json-error',
  'no-body'
] as const satisfies readonly FaultKind[]

const jsonError = (status: number, message: string): Reply =>
  new Reply(
    status,
    JSON.stringify({ error: message }),
    'application/json',
    status === 401 ? basicChallenge : {}
  )

/** What the client gets in place of the response; undefined for a fault that leaves it alone. */
export function replacement({ kind, status, message, body = '' }: Fault): Reply | undefined {
  switch (kind) {
    case 'html-502':
      return frontPage(502)
    case 'html-error':
      return frontPage(status ?? 503)
    case 'error-500':
      return jsonError(500, message ?? 'An internal error occurred')
    case 'json-error':
      return jsonError(status ?? 503, message ?? 'Service temporarily unavailable')
    case 'no-body':
      return new Reply(status ?? 200, body, body === '' ? '' : 'application/json')
    default:
      return undefined
  }
}

/** Whether the call is carried out although something else is returned. */
export const isExecuted = ({ kind, executed }: Fault): boolean => executed ?? kind === 'no-body'

/** The response to a login that is refused whatever the password. */
export const loginRefusal = (): Reply => jsonError(401, 'Invalid username or password')
