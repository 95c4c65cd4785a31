import type {
  CallToolResult,
  ClientCapabilities,
  ServerContext
} from '@modelcontextprotocol/server'
import { isObject } from '../lib/json/json.ts'
import { metaKey } from './messages.ts'
import { itWould } from '../policy/would.ts'
import type { WaitingPlan } from '../tools/define-tool.ts'

/** By which the client's response to the notice is known. */
const key = 'approval'

/** Under which a request says what its client can do. */
const capabilitiesKey = metaKey('clientCapabilities')

/** What the client can do, as revision 2026-07-28 says it with each request. */
const capabilitiesOf = ({ mcpReq }: ServerContext): ClientCapabilities =>
  (mcpReq.envelope as Record<string, ClientCapabilities> | undefined)?.[capabilitiesKey] ?? {}

const planId = /^p-[a-z0-9]{1,20}$/

/** The plan that a client was notified of and calls again to wait for, as the client claims. */
export function planToldOf({ mcpReq }: ServerContext): string | undefined {
  const state = mcpReq.requestState()
  return typeof state === 'string' && planId.test(state) ? state : undefined
}

/**
 * Whether an elicitation notifies the user of the client that a call waits for approval, before it
 * waits. Only where the client declares it, and once for a call.
 *
 * That is revision 2026-07-28 over HTTP: older ones have no way back to the client without a session,
 * and stdio has no approvals.
 */
export function isToldOfPlans(request: ServerContext): boolean {
  const { elicitation } = capabilitiesOf(request)
  const response: unknown = request.mcpReq.inputResponses?.[key]
  const isTold = isObject(response) && typeof response['action'] === 'string'
  return elicitation !== undefined && !isTold
}

/**
 * Says where a person decides. Whatever is returned to it, accepted or declined, decides nothing: the
 * client calls again, and the call waits.
 */
export async function planNotice(
  { id, summary, console }: WaitingPlan,
  request: ServerContext
): Promise<CallToolResult> {
  const { inputRequired } = await import('@modelcontextprotocol/server')
  const message =
    `This call waits for a person's approval as plan ${id}. ${itWould(summary)}. ` +
    `Approvers decide at ${console}: what you choose here approves nothing`
  const { elicitation } = capabilitiesOf(request)
  const notice =
    elicitation?.url === undefined
      ? inputRequired.elicit({ message, requestedSchema: { type: 'object', properties: {} } })
      : inputRequired.elicitUrl({ message, url: console })
  // The plan may be decided while the notice is still shown.
  return inputRequired({
    inputRequests: { [key]: notice },
    requestState: id
  }) as unknown as CallToolResult
}
