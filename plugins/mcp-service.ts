import type { ServerContext } from '@modelcontextprotocol/server'
import type { FastifyInstance } from 'fastify'
import { buildSurface } from '../src/mcp/build-surface.ts'
import { createMcpServer } from '../src/mcp/create-server.ts'
import { createHttpEndpoint, type HttpEndpoint } from '../src/mcp/http-endpoint.ts'
import { reportProgress } from '../src/mcp/report-progress.ts'
import type { McpSurface } from '../src/mcp/surface.ts'
import { reportToAll } from '../src/tools/progress.ts'

/** Where MCP meets the bridge. */
export interface McpService {
  /** What clients see and can do. */
  surface: McpSurface
  /** A server on the surface, for one request or one connection. */
  createServer: () => ReturnType<typeof createMcpServer>
  http: HttpEndpoint
}

/** Puts the surface together from what the application has. */
export function createMcpService(app: FastifyInstance): McpService {
  const surface = buildSurface({
    tools: app.tools.values(),
    catalog: app.catalog,
    contextOf: (request: ServerContext) =>
      app.toolContext({
        signal: request.mcpReq.signal,
        // The text is what models read; the structured content has the same items.
        form: 'text',
        progress: reportToAll(
          reportProgress(request),
          app.chatProgress(Object.fromEntries(request.http?.req?.headers ?? []))
        )
      }),
    onInternal: (err) => app.log.error({ err }, 'internal error')
  })
  const service: McpService = {
    surface,
    createServer: () => createMcpServer(surface),
    http: createHttpEndpoint({
      createServer: () => service.createServer(),
      isSlow: (name) => surface.tools.get(name)?.slow ?? false,
      onError: (err) => app.log.debug({ err }, 'MCP request refused')
    })
  }
  return service
}
