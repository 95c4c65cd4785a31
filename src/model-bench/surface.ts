import { HttpClient } from '../lib/http/http.ts'
import { isObject, parseJson } from '../lib/json/json.ts'
import { toolSetHeader } from '../tools/tool-sets.ts'
import type { ChatTool } from './chat.ts'

/** The ways to the tools that a model can be given. */
export const surfaceNames = ['rest', 'mcp'] as const

export type SurfaceName = (typeof surfaceNames)[number]

/** What a call returned, as the model is shown it. */
export interface CallResult {
  text: string
  isError: boolean
}

/** The tools of a bridge, through one of its ways. */
export interface Surface {
  tools(): Promise<ChatTool[]>
  call(tool: string, args: object): Promise<CallResult>
}

/** A bridge, and which of its tools are offered. */
export interface SurfaceAddress {
  url: string
  token: string
  /** A tool set. */
  tools: string
}

const connectMs = 5000
/** Longer than any call of the bridge waits by itself. */
const limits = { wholeMs: 600_000, maxBytes: 8 * 2 ** 20 }

const asChatTool = (name: string, description: string, parameters: object): ChatTool => ({
  type: 'function',
  function: { name, description, parameters }
})

/** As OpenWebUI reads an OpenAPI document, and calls what is in it. */
function restSurface({ url, token, tools }: SurfaceAddress): Surface {
  const http = new HttpClient(connectMs)
  const authorization = `Bearer ${token}`
  return {
    async tools() {
      const { text } = await http.fetch(
        `${url}/openapi.json?tools=${encodeURIComponent(tools)}`,
        { headers: { authorization } },
        limits
      )
      const document = parseJson(text) as {
        paths: Record<string, Record<string, Operation>>
      }
      return Object.values(document.paths)
        .flatMap((methods) => Object.values(methods))
        .map(({ operationId, summary, description, requestBody }) => {
          const { properties = {}, required = [] } =
            requestBody?.content['application/json']?.schema ?? {}
          const parameters = { type: 'object', properties, required }
          return asChatTool(operationId, description ?? summary ?? '', parameters)
        })
    },
    async call(tool, args) {
      const { status, text } = await http.fetch(
        `${url}/${encodeURIComponent(tool)}`,
        {
          method: 'POST',
          headers: {
            authorization,
            'content-type': 'application/json',
            accept: 'text/plain',
            [toolSetHeader]: tools
          },
          body: JSON.stringify(args)
        },
        limits
      )
      return { text, isError: status >= 400 }
    }
  }
}

interface Operation {
  operationId: string
  summary?: string
  description?: string
  requestBody?: {
    content: Record<string, { schema: { properties?: object; required?: string[] } }>
  }
}

const revision = '2025-11-25'

/** Plain messages of MCP, which needs no session here. */
function mcpSurface({ url, token, tools }: SurfaceAddress): Surface {
  const http = new HttpClient(connectMs)
  let id = 0
  const ask = async (method: string, params: object): Promise<Record<string, unknown>> => {
    id += 1
    const { text } = await http.fetch(
      `${url}/mcp?tools=${encodeURIComponent(tools)}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'mcp-protocol-version': revision
        },
        body: JSON.stringify({ jsonrpc: '2.0', id, method, params })
      },
      limits
    )
    const message = parseJson(text)
    if (!isObject(message)) throw new Error(`MCP ${method}: ${text.slice(0, 200)}`)
    return message
  }
  return {
    async tools() {
      const { result } = await ask('tools/list', {})
      const { tools: listed } = result as { tools: McpTool[] }
      return listed.map(({ name, description, inputSchema }) =>
        asChatTool(name, description, inputSchema)
      )
    },
    async call(name, args) {
      const { result, error } = await ask('tools/call', { name, arguments: args })
      if (!isObject(result)) {
        const words = isObject(error) ? error['message'] : undefined
        return { text: typeof words === 'string' ? words : 'The call failed', isError: true }
      }
      const { content, isError } = result as { content: { text?: string }[]; isError?: boolean }
      return {
        text: content.map(({ text = '' }) => text).join('\n'),
        isError: isError === true
      }
    }
  }
}

interface McpTool {
  name: string
  description: string
  inputSchema: object
}

/** The way to a bridge's tools that has this name. */
export const openSurface = (name: SurfaceName, address: SurfaceAddress): Surface =>
  name === 'rest' ? restSurface(address) : mcpSurface(address)
