import { isObject } from '../../lib/json/json.ts'
import type { Tool } from '../define-tool.ts'
import type { WriteResponse } from '../schemas.ts'

/** Whether a response is that of `WriteResponse`, with whatever a tool adds: its schema says so. */
const isOutcome = (response: unknown, schema: unknown): response is WriteResponse =>
  isObject(response) && isObject(schema) && schema['x-outcome'] === true

/** The part of a response that has the outcome of a write; undefined where it has none. */
function outcomeIn({ output }: Tool, response: unknown): WriteResponse | undefined {
  if (isOutcome(response, output)) return response
  if (!isObject(response)) return undefined
  const parts = Object.entries(output.properties ?? {})
  for (const [name, schema] of parts) {
    const part = response[name]
    if (isOutcome(part, schema)) return part
  }
  return undefined
}

/**
 * What a response tells of a task that ended in ERROR; undefined where none did. It is a response and
 * not an exception, as the cluster took the call; to a client it is a failure all the same. A tool that
 * only shows a task has not failed because the task has.
 */
export function failedTask(tool: Tool, response: unknown): WriteResponse | undefined {
  const outcome = outcomeIn(tool, response)
  return outcome?.state === 'ERROR' ? outcome : undefined
}
