import type { Server, ServerContext } from '@modelcontextprotocol/server'
import type { Catalog } from '../catalog/load.ts'
import type { CallOrigin } from '../identity/authority.ts'
import type { CallAuthority } from '../identity/authority.ts'
import type { Principal } from '../identity/principal.ts'
import { scopeRequired } from '../identity/scope-required.ts'
import type { Outgoing } from '../lib/secrets/outgoing.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import type { Logger } from '../lib/process/logger.ts'
import { callerForLog, type CallerHeaders } from '../openwebui/caller.ts'
import type { CallContext, Tool, ToolContext } from '../tools/define-tool.ts'
import { type ReportProgress, reportToAll } from '../tools/task/progress.ts'
import { traceparentOf } from '../tools/call/traceparent.ts'
import { idempotencyKeyOf } from '../tools/writes/idempotency-key.ts'
import { addressOf, clientOf } from './client.ts'
import { chooseTools } from '../tools/tool-sets.ts'
import { createCompleters } from './completion.ts'
import { instructionsFor } from './instructions.ts'
import { createKnownNames } from './known-names.ts'
import { capacityReport } from './prompts/capacity-report.ts'
import { cloneFromSnapshot } from './prompts/clone-from-snapshot.ts'
import { definePrompt } from './prompts/define-prompt.ts'
import { morningCheck } from './prompts/morning-check.ts'
import { nodeMaintenance } from './prompts/node-maintenance.ts'
import { slowVm } from './prompts/slow-vm.ts'
import { snapshotBeforeChange } from './prompts/snapshot-before-change.ts'
import { principalOf } from './auth-info.ts'
import { requestIdOf } from './messages.ts'
import type { McpRegistry, McpTool, RequestParts } from './registry.ts'
import { clusterResources } from './resources/cluster.ts'
import { guideResource } from './resources/guide.ts'
import { schemaIndexResource, schemaTemplates } from './resources/schema.ts'
import { reportProgress, toolEntry } from './tools.ts'
import { DirectCalls } from './direct/direct-calls.ts'
import { createHttpEndpoint, type HttpEndpoint } from './transports/http.ts'
import type { ServerOptions } from './transports/sdk.ts'

/** A log that can put the id of a request into each of its lines; pino's fits. */
export interface ServiceLogger extends Logger {
  error(fields: object, message: string): void
  child(fields: { reqId: string }): Logger
}

/** What the service needs of the bridge. */
export interface McpServiceParts {
  tools: readonly Tool[]
  /**
   * Those of a set that a caller may use.
   * @throws {BridgeError} for an unknown set
   */
  toolsFor: (principal: Principal, toolSet: string | undefined) => Tool[]
  catalog: Catalog
  /** What a tool may use in one call. */
  toolContext: (call: CallContext) => ToolContext
  /** Shows progress in the chat that the headers name; undefined where there is none. */
  chatProgress: (headers: CallerHeaders) => ReportProgress | undefined
  /** Who calls over stdio. */
  atStdio: Principal
  log: ServiceLogger
  /** What every message leaves through. */
  outgoing: Outgoing
}

/** The bridge as an MCP server. */
export interface McpService {
  /** What clients see and can do. */
  registry: McpRegistry
  /**
   * A server of the SDK for one request or one connection.
   * @throws {BridgeError} for an unknown tool set
   */
  createServer: (options: ServerOptions) => Promise<Server>
  http: HttpEndpoint
}

/** Of the HTTP request, which showed the token; none over stdio. */
const headersOf = ({ http }: ServerContext): CallerHeaders =>
  Object.fromEntries(http?.req?.headers ?? [])

/** Where a request comes from. */
const originOf = (request: ServerContext, { person }: Principal): CallOrigin => ({
  surface: request.http === undefined ? 'stdio' : 'mcp',
  request: requestIdOf(request),
  address: addressOf(request),
  client: clientOf(request),
  ...callerForLog(headersOf(request), person)
})

/** Who calls, and where the call comes from. */
type NamedAuthority = CallAuthority & { origin: CallOrigin }

/** Registries of different tokens and tool sets that are kept. */
const maxRegistries = 32

/** Everything the bridge offers to MCP clients. */
function buildRegistry(
  { tools, catalog, outgoing }: Pick<McpServiceParts, 'tools' | 'catalog' | 'outgoing'>,
  parts: RequestParts
): McpRegistry {
  const completers = createCompleters(catalog, createKnownNames(), parts)
  const resources = [guideResource(), ...clusterResources(parts), schemaIndexResource(catalog)]
  const prompts = [
    morningCheck,
    slowVm(completers),
    nodeMaintenance(completers),
    snapshotBeforeChange(completers),
    cloneFromSnapshot(completers),
    capacityReport
  ]
  return {
    instructions: instructionsFor(new Set(tools.map(({ name }) => name)), true),
    hidden: new Map(),
    noRead: undefined,
    onInternal: parts.onInternal,
    outgoing,
    tools: new Map(tools.map((tool) => [tool.name, toolEntry(tool, parts)])),
    resources: new Map(resources.map((resource) => [resource.definition.uri, resource])),
    templates: schemaTemplates(catalog, completers, parts),
    prompts: new Map(prompts.map((spec) => [spec.name, definePrompt(spec, parts)]))
  }
}

/** Builds the registry once; servers only point to it. */
export function createMcpService(parts: McpServiceParts): McpService {
  const { tools, toolsFor, toolContext, chatProgress, atStdio, log } = parts
  const authorities = new WeakMap<ServerContext, NamedAuthority>()
  const authorityOf = (request: ServerContext): NamedAuthority => {
    const known = authorities.get(request)
    if (known !== undefined) return known
    const principal = principalOf(request, atStdio)
    const authority = { principal, origin: originOf(request, principal) }
    authorities.set(request, authority)
    return authority
  }
  const requestParts: RequestParts = {
    contextOf: (request) =>
      toolContext({
        authority: authorityOf(request),
        signal: request.mcpReq.signal,
        // Of prompts and resources; a tool's own says whether JSON comes with it.
        form: 'text',
        progress: reportToAll(reportProgress(request), chatProgress(headersOf(request)))
      }),
    sourceOf(request) {
      const { principal, origin } = authorityOf(request)
      return {
        log: log.child({ reqId: requestIdOf(request) }),
        token: principal.name,
        origin,
        idempotencyKey: idempotencyKeyOf(headersOf(request)),
        traceparent: traceparentOf(headersOf(request), request.mcpReq._meta)
      }
    },
    onInternal(err, request) {
      const reqId = requestIdOf(request)
      log.error({ err, reqId }, 'internal error')
      return reqId
    }
  }
  const registry = buildRegistry(parts, requestParts)
  const plainTools = new Map(
    tools.map((tool) => [tool.name, toolEntry(tool, requestParts, false)] as const)
  )
  const registries = new RecentMap<McpRegistry>(maxRegistries)
  /** By who calls, for those who stay the same. */
  const byPrincipal = new WeakMap<Principal, RecentMap<McpRegistry>>()
  /** What one caller sees of all there is, kept by what it may do. */
  const registryFor = ({ principal, toolSet, structured = true }: ServerOptions): McpRegistry => {
    const { kind, scopes } = principal
    const usable = toolsFor(principal, toolSet).map(({ name }) => name)
    const key = JSON.stringify([structured, kind, [...scopes].toSorted(), toolSet, usable])
    const known = registries.get(key)
    if (known !== undefined) return known
    const all = structured ? registry.tools : plainTools
    const wanted = new Set(chooseTools(tools, toolSet).map(({ name }) => name))
    const usableNames = new Set(usable)
    const unlisted = new Set(tools.map(({ name }) => name).filter((name) => !usableNames.has(name)))
    const mayRead = scopes.has('read')
    // Its messages speak of tools that this caller has.
    const speaking = (tool: McpTool): McpTool =>
      unlisted.size === 0
        ? tool
        : { ...tool, call: (args, request) => tool.call(args, request, usableNames) }
    const own: McpRegistry = {
      ...registry,
      instructions: instructionsFor(usableNames, mayRead),
      tools: new Map(
        [...all].flatMap(([name, tool]) => (unlisted.has(name) ? [] : [[name, speaking(tool)]]))
      ),
      hidden: new Map([...all].filter(([name]) => wanted.has(name) && unlisted.has(name))),
      noRead: mayRead ? undefined : scopeRequired(principal, 'Reading', ['read'])
    }
    registries.set(key, own)
    return own
  }
  const knownRegistry = (
    options: Required<Omit<ServerOptions, 'toolSet'>> & ServerOptions
  ): McpRegistry => {
    const { principal, toolSet, structured } = options
    const known = byPrincipal.get(principal) ?? new RecentMap<McpRegistry>(maxRegistries)
    byPrincipal.set(principal, known)
    const key = `${structured} ${toolSet ?? ''}`
    const own = known.get(key) ?? registryFor(options)
    known.set(key, own)
    return own
  }
  const direct = new DirectCalls({ registryFor: knownRegistry, outgoing: parts.outgoing })
  async function loadSdk() {
    const { createSdkEndpoint } = await import('./transports/sdk.ts')
    return createSdkEndpoint({
      createServer: (options) => service.createServer(options),
      checkToolSet: (toolSet) => void chooseTools(tools, toolSet),
      isSlow: (name) => registry.tools.get(name)?.slow ?? false,
      onError: (err) => log.debug({ err }, 'MCP request refused')
    })
  }
  const service: McpService = {
    registry,
    async createServer(options) {
      const { createMcpServer } = await import('./server.ts')
      return createMcpServer(registryFor(options))
    },
    http: createHttpEndpoint(direct, loadSdk)
  }
  return service
}
