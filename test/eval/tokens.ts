import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { connectMcp } from '../helper/mcp-client.ts'
import type { TestBridge } from '../helper/bridge.ts'
import type { Owner } from './owner.ts'

const counted = new Map<string, number>()

/** Tokens of a text in o200k. Large bodies come more than once, and are counted once. */
export function tokensOf(text: string): number {
  const known = counted.get(text)
  if (known !== undefined) return known
  const tokens = countTokens(text)
  counted.set(text, tokens)
  return tokens
}

interface Schema {
  properties?: Record<string, unknown>
  required?: string[]
}

/** The part of an OpenAPI document that models receive. */
export interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        operationId?: string
        summary?: string
        description?: string
        requestBody?: { content: Record<string, { schema: Schema }> }
      }
    >
  >
}

/** A tool as a model receives it. */
export interface ListedTool {
  name: string
  description: string | undefined
  parameters: Required<Schema> & { type: 'object' }
}

/** The tools of a document as OpenWebUI's server puts them before its model. */
export function toolsOfDocument({ paths }: Document): ListedTool[] {
  return Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ operationId, summary, description, requestBody }) => {
      const { properties = {}, required = [] } =
        requestBody?.content['application/json']?.schema ?? {}
      return operationId === undefined
        ? []
        : [
            {
              name: operationId,
              description: description ?? summary,
              parameters: { type: 'object', properties, required }
            }
          ]
    })
}

/** How many tools a model receives, and in how many tokens. */
export interface ToolList {
  tools: number
  tokens: number
}

const listOf = (tools: readonly object[]): ToolList => ({
  tools: tools.length,
  tokens: tokensOf(JSON.stringify(tools))
})

/** The tools over OpenAPI, from the document that is served. */
export async function openApiTools(bridge: TestBridge, query = ''): Promise<ToolList> {
  const { status, body, text } = await bridge.fetch(`/openapi.json${query}`)
  if (status !== 200) throw new Error(`/openapi.json${query}: ${status} ${text}`)
  return listOf(toolsOfDocument(body as Document))
}

/** The tools over MCP, as the official client lists them. */
export async function mcpTools(owner: Owner, bridge: TestBridge, query = ''): Promise<ToolList> {
  const client = await connectMcp(owner, bridge, { path: `/mcp${query}` })
  const { tools } = await client.listTools()
  return listOf(
    tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
  )
}

/** The list of tools on each way to a model, whole and the core. */
export interface ToolLists {
  openApi: ToolList
  openApiCore: ToolList
  mcp: ToolList
  mcpCore: ToolList
}

export async function measureToolLists(owner: Owner, bridge: TestBridge): Promise<ToolLists> {
  return {
    openApi: await openApiTools(bridge),
    openApiCore: await openApiTools(bridge, '?tools=core'),
    mcp: await mcpTools(owner, bridge),
    mcpCore: await mcpTools(owner, bridge, '?tools=core')
  }
}
