import type { WriteResult } from './records.ts'

function stringOrEmpty(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/**
 * What a write answered; keys that are missing are empty. A sample in the document shows the tag as
 * a number (FACTS 3.2, X).
 */
export function toWriteResult(body: unknown): WriteResult {
  const { taskTag, createdUUID } = (typeof body === 'object' && body !== null ? body : {}) as {
    taskTag?: unknown
    createdUUID?: unknown
  }
  return {
    taskTag: typeof taskTag === 'number' ? String(taskTag) : stringOrEmpty(taskTag),
    createdUUID: stringOrEmpty(createdUUID)
  }
}
