import type { ServerContext } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import { buildRegistry } from '../src/mcp/build-registry.ts'
import { createMcpServer } from '../src/mcp/create-server.ts'
import { createHttpEndpoint, type HttpEndpoint } from '../src/mcp/transports/http.ts'
import { reportProgress } from '../src/mcp/tools/report-progress.ts'
import { requestIdOf } from '../src/mcp/protocol/request-id.ts'
import type { McpRegistry } from '../src/mcp/registry.ts'
import { callerForLog, type CallerHeaders } from '../src/openwebui/caller.ts'
import { chooseTools } from '../src/tools/tool-sets.ts'
import { reportToAll } from '../src/tools/task/progress.ts'

/** Where MCP meets the bridge. */
export interface McpService {
  /** What clients see and can do. */
  surface: McpRegistry
  /**
   * A server on the surface, or on a set of its tools, for one request or one connection.
   * @throws {BridgeError} for an unknown set
   */
  createServer: (toolSet?: string) => ReturnType<typeof createMcpServer>
  http: HttpEndpoint
}

/** Of the HTTP request, in which the token was shown; none over stdio. */
const headersOf = ({ http }: ServerContext): CallerHeaders =>
  Object.fromEntries(http?.req?.headers ?? [])

/** Puts the surface together from what the application has. */
export function createMcpService(app: FastifyInstance): McpService {
  const surface = buildRegistry({
    tools: app.tools.values(),
    catalog: app.catalog,
    contextOf: (request: ServerContext) =>
      app.toolContext({
        signal: request.mcpReq.signal,
        // The text is what models read; the structured content has the same items.
        form: 'text',
        progress: reportToAll(reportProgress(request), app.chatProgress(headersOf(request)))
      }),
    sourceOf: (request) => ({
      log: app.log.child({ reqId: requestIdOf(request) }),
      surface: request.http === undefined ? 'stdio' : 'mcp',
      ...callerForLog(headersOf(request))
    }),
    onInternal(err, request) {
      const reqId = requestIdOf(request)
      app.log.error({ err, reqId }, 'internal error')
      return reqId
    }
  })
  const withTools = (whole: McpRegistry, toolSet: string | undefined): McpRegistry => {
    if (toolSet === undefined) return whole
    const names = new Set(chooseTools(app.tools.values(), toolSet).map(({ name }) => name))
    return { ...whole, tools: new Map([...whole.tools].filter(([name]) => names.has(name))) }
  }
  const service: McpService = {
    surface,
    createServer: (toolSet) => createMcpServer(withTools(surface, toolSet)),
    http: createHttpEndpoint({
      createServer: (toolSet) => service.createServer(toolSet),
      checkToolSet: (toolSet) => void chooseTools(app.tools.values(), toolSet),
      isSlow: (name) => surface.tools.get(name)?.slow ?? false,
      onError: (err) => app.log.debug({ err }, 'MCP request refused')
    })
  }
  return service
}
