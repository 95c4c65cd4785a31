import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server
} from '@modelcontextprotocol/server'
import { nearest } from '../nearest.ts'
import { packageVersion } from '../package-info.ts'
import { didYouMean } from '../schema-problems.ts'
import { PlainServer } from './plain-errors.ts'
import type { Complete, McpSurface } from './surface.ts'

/** The lists are the same for all callers until the bridge starts anew. */
const cacheHint = { ttlMs: 300_000, cacheScope: 'public' } as const

/** What the client sent may be of any length. */
const shown = (name: string): string => name.slice(0, 100)

/** Most values of one completion (2025-11-25, completion). */
const mostValues = 100

const invalid = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message)

function completerOf(
  surface: McpSurface,
  ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }
): Record<string, Complete> {
  if (ref.type === 'ref/prompt') {
    const prompt = surface.prompts.get(ref.name)
    if (prompt !== undefined) return prompt.complete
    throw invalid(
      `There is no prompt ${shown(ref.name)}${didYouMean(nearest(ref.name, [...surface.prompts.keys()]))}`
    )
  }
  const template = surface.templates.find(({ definition }) => definition.uriTemplate === ref.uri)
  if (template === undefined && !surface.resources.has(ref.uri))
    throw invalid(
      `There is no resource or template ${shown(ref.uri)}: resources/templates/list shows them`
    )
  return template?.complete ?? {}
}

/**
 * An MCP server for one request over HTTP, or for one connection over stdio. The lists are made once
 * in the surface; a server only points to them.
 */
export function createMcpServer(surface: McpSurface): Server {
  const server = new PlainServer(
    { name: 'scale-bridge', title: 'SCALE Computing HyperCore', version: packageVersion },
    {
      capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
      instructions: surface.instructions,
      cacheHints: {
        'tools/list': cacheHint,
        'prompts/list': cacheHint,
        'resources/list': cacheHint,
        'resources/templates/list': cacheHint,
        'server/discover': cacheHint
      }
    }
  )

  // One page of everything: some clients read the first only.
  server.setRequestHandler('tools/list', () => ({
    tools: [...surface.tools.values()].map(({ definition }) => definition)
  }))
  server.setRequestHandler('tools/call', ({ params }, request) => {
    const tool = surface.tools.get(params.name)
    if (tool === undefined)
      throw invalid(
        `There is no tool ${shown(params.name)}${didYouMean(nearest(params.name, [...surface.tools.keys()])) || ': tools/list shows them'}`
      )
    return tool.call(params.arguments, request)
  })

  server.setRequestHandler('resources/list', () => ({
    resources: [...surface.resources.values()].map(({ definition }) => definition)
  }))
  server.setRequestHandler('resources/templates/list', () => ({
    resourceTemplates: surface.templates.map(({ definition }) => definition)
  }))
  server.setRequestHandler('resources/read', async ({ params: { uri } }, request) => {
    const fixed = surface.resources.get(uri)
    if (fixed !== undefined) return fixed.read(request)
    for (const template of surface.templates) {
      const found = await template.read(uri, request)
      if (found !== undefined) return found
    }
    throw new ResourceNotFoundError(
      uri,
      `There is nothing at ${shown(uri)}: resources/list shows what is`
    )
  })

  server.setRequestHandler('prompts/list', () => ({
    prompts: [...surface.prompts.values()].map(({ definition }) => definition)
  }))
  server.setRequestHandler('prompts/get', ({ params }, request) => {
    const prompt = surface.prompts.get(params.name)
    if (prompt === undefined)
      throw invalid(
        `There is no prompt ${shown(params.name)}${didYouMean(nearest(params.name, [...surface.prompts.keys()])) || ': prompts/list shows them'}`
      )
    return prompt.get(params.arguments ?? {}, request)
  })

  server.setRequestHandler('completion/complete', async ({ params }, request) => {
    const complete = completerOf(surface, params.ref)[params.argument.name]
    const { argument, context } = params
    const values = (await complete?.(argument.value, request, context?.arguments)) ?? []
    return {
      completion: {
        values: values.slice(0, mostValues),
        total: values.length,
        hasMore: values.length > mostValues
      }
    }
  })
  return server
}
