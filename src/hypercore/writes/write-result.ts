import type { HttpMethod } from '../../lib/http/http-method.ts'
import type { WriteResult } from '../records/records.ts'
import { alwaysNamesTask, returnsResult } from './task-expectation.ts'

/** What the 2xx response to a write says. */
export interface WriteReply extends WriteResult {
  /**
   * Why it does not tell that the cluster carries the call out, to stand after "the cluster":
   * `returned 200 without a body`. Nothing may be reported as done then.
   */
  doubt?: string
}

/** A write and its 2xx response. */
export interface WriteWithReply {
  method: HttpMethod
  /** Below `/rest/v1`. */
  path: string
  /** As it was sent. */
  sent: unknown
  status: number
  /** As it came: parsed JSON, text, or undefined when there was none. */
  body: unknown
}

const nothing: WriteResult = { taskTag: '', createdUUID: '' }

/** What there is in place of the small object with two keys (FACTS 3.2, S); undefined where it is there. */
function oddity(body: unknown): string | undefined {
  if (body === undefined || body === null || body === '') return 'without a body'
  if (Array.isArray(body)) return 'with a list instead of the result of a write'
  if (typeof body !== 'object') return 'with something that is not the result of a write'
  const { taskTag } = body as { taskTag?: unknown }
  // A sample in the document shows the tag as a number (FACTS 3.2, X).
  const isTag = typeof taskTag === 'string' || Number.isSafeInteger(taskTag)
  return isTag ? undefined : 'with a result that has no task tag'
}

/** Reads the response to a write. A key that it left out is empty. */
export function readWriteReply({ method, path, sent, status, body }: WriteWithReply): WriteReply {
  if (!returnsResult(method, path)) return nothing
  const mustName = alwaysNamesTask(method, path, sent)
  // A deletion may be responded to without content (FACTS 3.2, S).
  if (status === 204 && method === 'DELETE' && !mustName) return nothing
  const odd = oddity(body)
  if (odd !== undefined) return { ...nothing, doubt: `returned ${status} ${odd}` }
  const { taskTag, createdUUID } = body as { taskTag: string | number; createdUUID?: unknown }
  const result = {
    taskTag: String(taskTag).trim(),
    createdUUID: typeof createdUUID === 'string' ? createdUUID : ''
  }
  if (result.taskTag !== '' || !mustName) return result
  return {
    ...result,
    doubt: `returned ${status} without naming the task that this call always starts`
  }
}

/** What the cluster said to a request, in a few words. */
export function describeWritten({
  status,
  written
}: {
  status: number
  written?: WriteReply
}): string {
  if (written?.doubt !== undefined) return `the cluster ${written.doubt}`
  const { taskTag = '' } = written ?? {}
  return taskTag === '' ? `accepted with status ${status}` : `accepted as task ${taskTag}`
}
