import type { ServerContext, Tool as ToolDefinition } from '@modelcontextprotocol/server'
import { type TSchema } from '@sinclair/typebox'
import { namesType } from '../lib/http/accept.ts'
import { isObject } from '../lib/json/json.ts'
import { callTool, toolResponseText } from '../tools/call/call-tool.ts'
import type { Tool, WaitingPlan } from '../tools/define-tool.ts'
import { failedTask } from '../tools/call/failed-task.ts'
import { type PublishedSchema, publishedSchema } from '../tools/published-schema.ts'
import type { ReportProgress } from '../tools/task/progress.ts'
import { describeFailure } from './failure.ts'
import { isToldOfPlans, planNotice, planToldOf } from './plan-notice.ts'
import type { McpTool, RequestParts } from './registry.ts'

/** A schema as MCP clients check responses by it: a field may be of several types. */
type OutputSchema = Omit<PublishedSchema, 'type' | 'items' | 'properties'> & {
  type?: string | string[]
  items?: OutputSchema
  properties?: Record<string, OutputSchema>
}

/**
 * Names every type that a field may have, null too, of which REST publishes the one that matters, and
 * takes out required fields below the root, as items are the cluster's own records with
 * `detail: "full"`.
 */
function loosen(published: PublishedSchema, source: TSchema, isRoot: boolean): OutputSchema {
  const { type, required, properties, items, ...rest } = published
  const types: unknown = source['type']
  const fields = (source.properties ?? {}) as Record<string, TSchema>
  const loosened = Object.entries(properties ?? {}).map(
    ([name, field]) => [name, loosen(field, fields[name] as TSchema, false)] as const
  )
  return {
    ...(Array.isArray(types) ? { type: types as string[] } : type !== undefined && { type }),
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
const outputSchema = (output: TSchema): OutputSchema & { type: 'object' } => ({
  ...loosen(publishedSchema(output), output, true),
  type: 'object'
})

const [text, both] = ['text', 'text and json'] as const

/** The definition a client lists: plain JSON Schema, without what only validation needs. */
function definitionOf(tool: Tool, isStructured: boolean): ToolDefinition {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: { properties: {}, ...publishedSchema(tool.input), type: 'object' },
    ...(isStructured && { outputSchema: outputSchema(tool.output) }),
    annotations: { title: tool.title, ...tool.annotations }
  }
}

/** The arguments of a call that continues waiting for a plan. */
const withPlan = (args: unknown, plan: string | undefined): unknown =>
  plan === undefined || (args !== undefined && !isObject(args)) ? args : { plan, ...args }

/**
 * A tool of the bridge as MCP clients see it.
 * @param isStructured whether results carry their data beside the text; what fits `max_tokens` is
 * measured in both then, as clients show the model either
 */
export function toolEntry(
  tool: Tool,
  { contextOf, sourceOf, onInternal }: RequestParts,
  isStructured = true
): McpTool {
  return {
    definition: definitionOf(tool, isStructured),
    slow: tool.slow ?? false,
    plain: true,
    async call(args, request, offered) {
      let waiting: WaitingPlan | undefined
      const onWaiting = isToldOfPlans(request)
        ? (plan: WaitingPlan): boolean => {
            waiting = plan
            return true
          }
        : undefined
      try {
        const context = {
          ...contextOf(request),
          form: isStructured ? both : text,
          onWaiting,
          offered
        }
        const given = withPlan(args, planToldOf(request))
        const response = await callTool(tool, context, given, sourceOf(request))
        return {
          ...(failedTask(tool, response) && { isError: true }),
          content: [{ type: 'text', text: toolResponseText(tool, response) }],
          ...(isStructured && { structuredContent: response as Record<string, unknown> })
        }
      } catch (error) {
        if (waiting !== undefined) return planNotice(waiting, request)
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
  http?.req === undefined ||
  namesType(http.req.headers.get('accept') ?? undefined, 'text/event-stream')

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
      // The client has disconnected meanwhile; the call itself is aborted by its signal.
      .catch(() => undefined)
  }
}
