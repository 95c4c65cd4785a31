import type { IncomingMessage } from 'node:http'
import { checkFault, FaultError } from './fault-text.ts'
import { silences } from './faults.ts'
import { Reply } from './handler.ts'
import type { NodeContext } from './node-context.ts'

/** Where faults are turned on and off over HTTP, on each node; no part of a real cluster. */
export const faultControlPath = '/simulator/faults'

export interface ControlResponse {
  reply: Reply
  /** To be done once the response is sent: a node that goes down would cut it. */
  afterwards?: () => void
}

const response = (
  status: number,
  value: unknown,
  headers: Record<string, string> = {}
): ControlResponse => ({
  reply: new Reply(status, JSON.stringify(value), 'application/json', headers)
})

/**
 * `GET` lists the faults, `POST` adds one (an object as `Fault`), `DELETE` removes all. Needs Basic
 * credentials of an administrator. Never subject to faults itself; a node that is down is brought back
 * through another one.
 */
export async function handleFaultControl(
  context: NodeContext,
  node: number,
  request: IncomingMessage
): Promise<ControlResponse> {
  if (!context.mayControl(request.headers.authorization))
    return response(
      401,
      { error: "Basic credentials of the simulator's user are required" },
      { 'WWW-Authenticate': 'Basic realm="simulator"' }
    )
  const { faults } = context
  switch (request.method) {
    case 'GET':
      return response(200, faults.list())
    case 'DELETE':
      faults.clear()
      return response(200, faults.list())
    case 'POST':
      try {
        const fault = checkFault(await readJson(request), context.nodes.length)
        if (silences(fault, node))
          return {
            ...response(200, [...faults.list(), fault]),
            afterwards: () => faults.add(fault)
          }
        faults.add(fault)
        return response(200, faults.list())
      } catch (error) {
        if (!(error instanceof FaultError)) throw error
        return response(400, { error: error.message })
      }
    default:
      return response(405, { error: 'Use GET, POST or DELETE' }, { Allow: 'GET, POST, DELETE' })
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new FaultError('The body is not valid JSON')
  }
}
