import { BridgeError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { ToolContext } from '../define-tool.ts'

/** What the cluster has at a path now; `found` is undefined where it does not tell. */
export interface RecordAt {
  found?: boolean
  record?: JsonObject
}

/**
 * Reads `/X/{uuid}` whatever X is: an empty list stands for none (FACTS 3.1, S).
 * @throws {BridgeError} CALLER_GONE
 */
export async function recordAt(
  { hypercore, signal }: ToolContext,
  path: string
): Promise<RecordAt> {
  try {
    const { body } = await hypercore.request({ method: 'GET', path, signal })
    if (!Array.isArray(body)) return {}
    const [record] = body as unknown[]
    return isObject(record) ? { found: true, record } : { found: false }
  } catch (error) {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return {}
    throw error
  }
}
