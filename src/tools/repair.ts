import type { Tool } from './define-tool.ts'

/**
 * The one step between a caller's arguments and their validation: what differs only in form is
 * brought into form. No body stands for no arguments, and uuids are lower case on the cluster
 * (FACTS 3.5), so a literal comparison never misses one.
 */
export function repairArguments(tool: Tool, args: unknown): unknown {
  if (args === undefined || args === null) return {}
  if (typeof args !== 'object' || Array.isArray(args)) return args
  return Object.fromEntries(
    Object.entries(args).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' && tool.input.properties[name]?.['format'] === 'uuid'
        ? value.trim().toLowerCase()
        : value
    ])
  )
}
