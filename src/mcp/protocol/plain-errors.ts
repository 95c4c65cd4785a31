import { type JSONRPCMessage, Server, type Transport } from '@modelcontextprotocol/server'
import type { Outgoing } from '../../lib/outgoing.ts'
import { jsonRpcCode } from './json-rpc-error.ts'

interface Issue {
  path: (string | number)[]
  message: string
}

/** The words of the SDK's schemas, as JSON has them. */
const plain = (message: string): string =>
  message
    .replace(/^Invalid input: /, '')
    .replace(/\brecord\b/g, 'object')
    .replace(/\breceived undefined$/, 'but it is missing')

/**
 * A sentence for what the SDK says as the JSON of its schema's issues: `Invalid tools/call request: […]`;
 * undefined for any other message.
 */
export function plainMessage(message: string): string | undefined {
  const [, start = '', json] = /^([^[]{0,200}?)(?:: )?(\[\s*\{.*\])$/s.exec(message) ?? []
  if (json === undefined) return undefined
  try {
    const issues = (JSON.parse(json) as Issue[]).map(
      ({ path, message: what }) => `${path.join('.')}: ${plain(what)}`
    )
    return `${start || 'Invalid request'}: ${issues.join('; ')}`
  } catch {
    return undefined
  }
}

const noMethod =
  'There is no such method here: there are tools/list, tools/call, resources/list, ' +
  'resources/templates/list, resources/read, prompts/list, prompts/get and completion/complete'

function reworded(message: JSONRPCMessage): JSONRPCMessage {
  if (!('error' in message)) return message
  const { error } = message
  if (error.code === jsonRpcCode.methodNotFound)
    return { ...message, error: { ...error, message: noMethod } }
  const text = plainMessage(error.message)
  if (text === undefined) return message
  return { ...message, error: { ...error, code: jsonRpcCode.invalidParams, message: text } }
}

/**
 * A message as it may leave. What the client gave to know it by, its id and its progress token, comes
 * back as it was.
 */
function presented(message: JSONRPCMessage, outgoing: Outgoing): JSONRPCMessage {
  if ('result' in message) return { ...message, result: outgoing.value(message.result) }
  if ('error' in message) return { ...message, error: outgoing.value(message.error) }
  const { params } = message
  if (params === undefined) return message
  const { progressToken } = params
  const shown = { ...outgoing.value(params), ...(progressToken !== undefined && { progressToken }) }
  return { ...message, params: shown }
}

/**
 * A server that says in a sentence what is wrong with a request. Whatever it sends, over whatever
 * transport, leaves through `outgoing`.
 */
export class PlainServer extends Server {
  readonly #outgoing: Outgoing

  constructor(outgoing: Outgoing, ...options: ConstructorParameters<typeof Server>) {
    super(...options)
    this.#outgoing = outgoing
  }

  override connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport)
    transport.send = (message, options) =>
      send(presented(reworded(message), this.#outgoing), options)
    return super.connect(transport)
  }
}
