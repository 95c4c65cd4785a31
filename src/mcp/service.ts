import type { ServerContext } from '@modelcontextprotocol/server'
import type { Catalog } from '../catalog/load.ts'
import type { Logger } from '../lib/logger.ts'
import { callerForLog, type CallerHeaders } from '../openwebui/caller.ts'
import type { CallContext, Tool, ToolContext } from '../tools/define-tool.ts'
import { type ReportProgress, reportToAll } from '../tools/task/progress.ts'
import { idempotencyKeyOf } from '../tools/writes/idempotency-key.ts'
import { chooseTools } from '../tools/tool-sets.ts'
import { buildRegistry } from './build-registry.ts'
import { createMcpServer } from './create-server.ts'
import { requestIdOf } from './protocol/request-id.ts'
import type { McpRegistry } from './registry.ts'
import { reportProgress } from './tools/report-progress.ts'
import { createHttpEndpoint, type HttpEndpoint } from './transports/http.ts'

/** A log that can put the id of a request into each of its lines; pino's fits. */
export interface ServiceLogger extends Logger {
  error(fields: object, message: string): void
  child(fields: { reqId: string }): Logger
}

/** What the service needs of the bridge. */
export interface McpServiceParts {
  tools: readonly Tool[]
  catalog: Catalog
  /** What a tool may use in one call. */
  toolContext: (call: CallContext) => ToolContext
  /** Shows progress in the chat that the headers name; undefined where there is none. */
  chatProgress: (headers: CallerHeaders) => ReportProgress | undefined
  log: ServiceLogger
}

/** The bridge as MCP servers. */
export interface McpService {
  /** What clients see and can do. */
  registry: McpRegistry
  /**
   * A server for one request or one connection, with all tools or a set of them.
   * @throws {BridgeError} for an unknown set
   */
  createServer: (toolSet?: string) => ReturnType<typeof createMcpServer>
  http: HttpEndpoint
}

/** Of the HTTP request, which showed the token; none over stdio. */
const headersOf = ({ http }: ServerContext): CallerHeaders =>
  Object.fromEntries(http?.req?.headers ?? [])

/** Builds the registry once; servers only point to it. */
export function createMcpService(parts: McpServiceParts): McpService {
  const { tools, catalog, toolContext, chatProgress, log } = parts
  const registry = buildRegistry({
    tools,
    catalog,
    contextOf: (request) =>
      toolContext({
        signal: request.mcpReq.signal,
        // The text is what models read; the structured content has the same items.
        form: 'text',
        progress: reportToAll(reportProgress(request), chatProgress(headersOf(request)))
      }),
    sourceOf: (request) => ({
      log: log.child({ reqId: requestIdOf(request) }),
      surface: request.http === undefined ? 'stdio' : 'mcp',
      idempotencyKey: idempotencyKeyOf(headersOf(request)),
      ...callerForLog(headersOf(request))
    }),
    onInternal(err, request) {
      const reqId = requestIdOf(request)
      log.error({ err, reqId }, 'internal error')
      return reqId
    }
  })
  const withTools = (toolSet: string | undefined): McpRegistry => {
    if (toolSet === undefined) return registry
    const names = new Set(chooseTools(tools, toolSet).map(({ name }) => name))
    return { ...registry, tools: new Map([...registry.tools].filter(([name]) => names.has(name))) }
  }
  const service: McpService = {
    registry,
    createServer: (toolSet) => createMcpServer(withTools(toolSet)),
    http: createHttpEndpoint({
      createServer: (toolSet) => service.createServer(toolSet),
      checkToolSet: (toolSet) => void chooseTools(tools, toolSet),
      isSlow: (name) => registry.tools.get(name)?.slow ?? false,
      onError: (err) => log.debug({ err }, 'MCP request refused')
    })
  }
  return service
}
