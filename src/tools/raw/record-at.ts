import { BridgeError } from '../../lib/errors/errors.ts'
import type { EntityPath } from '../../hypercore/records/entities.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import type { ToolContext } from '../define-tool.ts'

/** What the cluster has at a path now; `found` is undefined where it does not tell. */
export interface RecordAt {
  found?: boolean
  record?: JsonObject
}

/**
 * Reads `/X/{uuid}` whatever X is, once in a call until it writes or has waited: an empty list stands
 * for none (FACTS 3.1, S).
 * @throws {BridgeError} CALLER_GONE
 */
export async function recordAt(
  { hypercore, signal }: ToolContext,
  path: string
): Promise<RecordAt> {
  try {
    const [, entity = '', id = ''] = path.split('/')
    const record = await hypercore.known(`/${entity}` as EntityPath, id, { signal })
    return record === undefined
      ? { found: false }
      : { found: true, record: record as unknown as JsonObject }
  } catch (error) {
    if (error instanceof BridgeError && error.code !== 'CALLER_GONE') return {}
    throw error
  }
}
