import type { ServerContext, Tool as ToolDefinition } from '@modelcontextprotocol/server'
import { Kind, type TSchema } from '@sinclair/typebox'
import { callTool, toolResponseText } from '../tools/call-tool.ts'
import type { Tool } from '../tools/define-tool.ts'
import { type PublishedSchema, publishedSchema } from '../tools/published-schema.ts'
import type { ReportProgress } from '../tools/task/progress.ts'
import { describeFailure } from './failure.ts'
import type { McpTool, RequestParts } from './registry.ts'

/** Whatever JSON the cluster or the catalog has: the one type of the definition is for readers. */
const isAnything = (source: TSchema): boolean =>
  source[Kind] === 'Unsafe' && source.enum === undefined && source.properties === undefined

/**
 * Takes out what does not hold for every response: the type of what may be anything, null too, and
 * required fields below the root, as items are the cluster's own records with `detail: "full"`.
 */
function loosen(published: PublishedSchema, source: TSchema, isRoot: boolean): PublishedSchema {
  const { type, required, properties, items, ...rest } = published
  const fields = (source.properties ?? {}) as Record<string, TSchema>
  const loosened = Object.entries(properties ?? {}).map(
    ([name, field]) => [name, loosen(field, fields[name] as TSchema, false)] as const
  )
  return {
    ...(isAnything(source) ? {} : { type }),
    ...rest,
    ...(items && { items: loosen(items, source.items as TSchema, false) }),
    ...(properties && { properties: Object.fromEntries(loosened) }),
    ...(isRoot && required !== undefined && { required })
  }
}

/**
 * What every response of a tool fits: MCP clients check it, and throw away one that does not. The schema
 * that REST publishes only describes.
 */
const outputSchema = (output: TSchema): PublishedSchema & { type: 'object' } => ({
  ...loosen(publishedSchema(output), output, true),
  type: 'object'
})

/** The definition a client lists: plain JSON Schema, without what only validation needs. */
function definitionOf(tool: Tool): ToolDefinition {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: { properties: {}, ...publishedSchema(tool.input), type: 'object' },
    outputSchema: outputSchema(tool.output),
    annotations: { title: tool.title, ...tool.annotations }
  }
}

/** A tool of the bridge as MCP clients see it. */
export function toolEntry(tool: Tool, { contextOf, sourceOf, onInternal }: RequestParts): McpTool {
  return {
    definition: definitionOf(tool),
    slow: tool.slow ?? false,
    async call(args, request) {
      try {
        const response = await callTool(tool, contextOf(request), args, sourceOf(request))
        return {
          content: [{ type: 'text', text: toolResponseText(tool, response) }],
          structuredContent: response as Record<string, unknown>
        }
      } catch (error) {
        // The same sentence as over REST: the model reads it.
        const { message } = describeFailure(error, onInternal, request)
        return { isError: true, content: [{ type: 'text', text: message }] }
      }
    }
  }
}

/** Progress has to grow with every notification, also where nothing measurable happened. */
const smallestStep = 0.01

/** Whether the client takes a stream, which alone can carry notifications; over stdio always. */
const takesNotifications = ({ http }: ServerContext): boolean =>
  http?.req === undefined || (http.req.headers.get('accept') ?? '').includes('text/event-stream')

/** Sends progress notifications for a request that asked for them; undefined for any other. */
export function reportProgress(request: ServerContext): ReportProgress | undefined {
  const { mcpReq } = request
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined || !takesNotifications(request)) return undefined
  let last = -smallestStep
  return ({ percent, message }) => {
    last = Math.max(percent, last + smallestStep)
    mcpReq
      .notify({
        method: 'notifications/progress',
        params: { progressToken, progress: Number(last.toFixed(2)), total: 100, message }
      })
      // The client went away meanwhile; the call itself hears of it by its signal.
      .catch(() => undefined)
  }
}
