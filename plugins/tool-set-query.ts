import type { FastifyRequest } from 'fastify'

/** The set of tools an address asks for: `?tools=core`; undefined for all. Given twice, both hold. */
export function toolSetOf({ query }: FastifyRequest): string | undefined {
  const { tools } = query as { tools?: string | string[] }
  return Array.isArray(tools) ? tools.join(',') : tools
}
