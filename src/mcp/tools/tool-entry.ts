import type { ServerContext, Tool as ToolDefinition } from '@modelcontextprotocol/server'
import type { CallSource } from '../../tools/call-log.ts'
import { callTool } from '../../tools/call-tool.ts'
import type { Tool, ToolContext } from '../../tools/define-tool.ts'
import { publishedSchema } from '../../tools/published-schema.ts'
import { toolResponseText } from '../../tools/response-text.ts'
import { describeFailure, type TellCause } from '../failure.ts'
import { outputSchema } from './output-schema.ts'
import type { McpTool } from '../registry.ts'

/** What one call may use; made for each. */
export type ContextOf = (request: ServerContext) => ToolContext

/** What a call needs of its surroundings. */
export interface ToolParts {
  contextOf: ContextOf
  /** Who calls, for the log. */
  sourceOf: (request: ServerContext) => CallSource
  onInternal: TellCause
}

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
export function toolEntry(tool: Tool, { contextOf, sourceOf, onInternal }: ToolParts): McpTool {
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
        // As the model reads it: the sentence REST gives.
        const { message } = describeFailure(error, onInternal, request)
        return { isError: true, content: [{ type: 'text', text: message }] }
      }
    }
  }
}
