import { isObject } from '../lib/json.ts'
import type { Tool } from './define-tool.ts'
import type { WriteResponse } from './schemas.ts'

/** Whether a schema is that of `WriteResponse`, with whatever a tool adds. */
const isOutcome = (schema: unknown): boolean => isObject(schema) && schema['x-outcome'] === true

/** The part of a response that says what became of a write; undefined where it has none. */
function outcomeIn({ output }: Tool, response: unknown): WriteResponse | undefined {
  if (!isObject(response)) return undefined
  if (isOutcome(output)) return response as unknown as WriteResponse
  const field = Object.entries(output.properties ?? {}).find(([, schema]) => isOutcome(schema))?.[0]
  return field === undefined ? undefined : (response[field] as WriteResponse | undefined)
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
