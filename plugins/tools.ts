import { setMaxListeners } from 'node:events'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ChatClient } from '../src/ask/chat-client.ts'
import type { DuringUpdate, LlmConfig, RawCalls } from '../src/config/config.ts'
import { Directory } from '../src/directory/directory.ts'
import { ClusterCall } from '../src/hypercore/cluster-api.ts'
import type { Principal } from '../src/identity/principal.ts'
import type { BridgeError } from '../src/lib/errors/errors.ts'
import type { SplitAddress } from '../src/lib/http/address-login.ts'
import type { AllowedAddress } from '../src/lib/http/allowed-address.ts'
import { maxBodyBytes, maxLargeBodyBytes } from '../src/lib/http/http-limits.ts'
import type { Timings } from '../src/lib/time/timings.ts'
import { restOrigin } from '../src/openwebui/caller.ts'
import { callTool } from '../src/tools/call/call-tool.ts'
import type { CallContext, Tool, ToolContext } from '../src/tools/define-tool.ts'
import { VmLeases } from '../src/tools/writes/vm-leases.ts'
import { VmQueue } from '../src/tools/writes/vm-queue.ts'
import { traceparentOf } from '../src/tools/call/traceparent.ts'
import { idempotencyKeyOf } from '../src/tools/writes/idempotency-key.ts'
import { chooseTools, isOffered, isUsableBy, toolSetOfHeaders } from '../src/tools/tool-sets.ts'
import { StartedTasks } from '../src/tools/task/started-tasks.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** All tools by name, in the order they were added. */
    tools: Map<string, Tool>
    /**
     * The tools of a set that a caller may use, in their order. `principal` is undefined for a
     * caller without a token, who sees all that the bridge offers.
     * @throws {BridgeError} INVALID_ARGUMENT for an unknown set
     */
    toolsFor(principal: Principal | undefined, toolSet: string | undefined): Tool[]
    /** Adds a tool and its route `POST /<name>` to the scope it is called on. */
    addTool(tool: Tool): void
    /** What a tool may use in one call. */
    toolContext(call: CallContext): ToolContext
    /** Makes calls that wait return what they know, because the bridge is about to stop. */
    drain(): void
  }
  interface FastifyContextConfig {
    tool?: Tool
  }
}

export interface ToolsPluginOptions {
  archive: SplitAddress | undefined
  importSources: readonly AllowedAddress[]
  duringUpdate: DuringUpdate
  runApi: RawCalls
  readOnly: boolean
  directoryUrl: string | undefined
  llm: LlmConfig | undefined
  timings: Timings
}

function addTool(this: FastifyInstance, tool: Tool): void {
  if (this.tools.has(tool.name)) throw new Error(`There are two tools called ${tool.name}`)
  this.tools.set(tool.name, tool)
  this.post(
    `/${tool.name}`,
    // Validation is the tool pipeline's, the same for every surface; plugins/documentation.ts
    // publishes the schema.
    { config: { tool }, bodyLimit: tool.largeBody === true ? maxLargeBodyBytes : maxBodyBytes },
    async (request, reply) => {
      const principal = request.requirePrincipal()
      const origin = restOrigin(request, principal.person)
      const toolSet = toolSetOfHeaders(request.headers)
      const offered =
        toolSet === undefined
          ? undefined
          : new Set(this.toolsFor(principal, toolSet).map(({ name }) => name))
      const context = this.toolContext({
        authority: { principal, origin },
        signal: reply.callerSignal(),
        form: request.responseForm,
        progress: this.chatProgress(request.headers),
        offered
      })
      request.clusterWaits = context.hypercore.waits
      request.isLogged = true
      const response = await callTool(tool, context, request.body, {
        log: request.log,
        token: principal.name,
        origin,
        idempotencyKey: idempotencyKeyOf(request.headers),
        traceparent: traceparentOf(request.headers)
      })
      return reply.sendToolResponse(tool, response)
    }
  )
}

/** The one place where a tool meets the framework. */
const tools: FastifyPluginAsync<ToolsPluginOptions> = async (app, options) => {
  const draining = new AbortController()
  const startedTasks = new StartedTasks()
  const queue = new VmQueue(app.shared && new VmLeases(app.store))
  const uploads = new Set<string>()
  const directory =
    options.directoryUrl === undefined ? undefined : new Directory(options.directoryUrl)
  const llm = options.llm === undefined ? undefined : new ChatClient(options.llm, app.outgoing)

  app.decorate('tools', new Map())
  app.decorate('addTool', addTool)
  app.decorate('toolsFor', (principal: Principal | undefined, toolSet: string | undefined) =>
    chooseTools(app.tools.values(), toolSet).filter(
      (tool) => isOffered(tool, options) && (principal === undefined || isUsableBy(tool, principal))
    )
  )
  app.decorate('toolContext', (call: CallContext) => {
    // Each request to the cluster listens to it, and some calls make many at once.
    setMaxListeners(0, call.signal)
    return {
      hypercore: new ClusterCall(app.hypercore, call.authority),
      startedTasks,
      writes: {
        ledger: app.ledger,
        calls: app.calls,
        sequences: app.sequences,
        queue,
        uploads,
        plans: app.plans
      },
      audit: app.audit,
      onRefused: (tool: string, error: BridgeError) =>
        app.recordRefusedTool(tool, call.authority, error),
      catalog: app.catalog,
      search: app.catalogSearch,
      directory,
      tools: app.tools,
      // The simulator is loaded with the first plan.
      makeTwin: async (...given) => {
        const { createTwin } = await import('../src/twin/twin.ts')
        return createTwin(...given)
      },
      llm,
      archive: options.archive,
      importSources: options.importSources,
      duringUpdate: options.duringUpdate,
      runApi: options.runApi,
      readOnly: options.readOnly,
      outgoing: app.outgoing,
      meter: app.meter,
      draining: draining.signal,
      timings: options.timings,
      ...call
    }
  })
  app.decorate('drain', () => draining.abort())
  app.addHook('preClose', async () => app.drain())
  // Those whose callers have left; before the client is closed, which was registered before.
  app.addHook('onClose', () => app.calls.settled())
}

export const toolsPlugin = fp(tools, {
  name: 'tools',
  fastify: '5.x',
  dependencies: [
    'traces',
    'outgoing',
    'store',
    'auth',
    'ledger',
    'policy',
    'audit',
    'hypercore',
    'catalog',
    'chat-progress',
    'request-log',
    'server-timing',
    'responses',
    'caller-signal'
  ]
})
