import { randomUUID } from 'node:crypto'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { auditPlugin } from '../plugins/audit.ts'
import { approvalWebhookPlugin } from '../plugins/approval-webhook.ts'
import { authPlugin } from '../plugins/auth.ts'
import { callerSignalPlugin } from '../plugins/caller-signal.ts'
import { catalogPlugin } from '../plugins/catalog.ts'
import { chatProgressPlugin } from '../plugins/chat-progress.ts'
import { consolePlugin } from '../plugins/console.ts'
import { errorsPlugin } from '../plugins/errors.ts'
import { gracefulClosePlugin } from '../plugins/graceful-close.ts'
import { hostGuardPlugin } from '../plugins/host-guard.ts'
import { hypercorePlugin } from '../plugins/hypercore.ts'
import { ledgerPlugin } from '../plugins/ledger.ts'
import { jsonBodyPlugin } from '../plugins/json-body.ts'
import { landingPagePlugin } from '../plugins/landing-page.ts'
import { mcpPlugin } from '../plugins/mcp.ts'
import { metricsPlugin } from '../plugins/metrics.ts'
import { outgoingPlugin } from '../plugins/outgoing.ts'
import { oidcPlugin } from '../plugins/oidc.ts'
import { openapiPlugin } from '../plugins/openapi.ts'
import { rateLimitPlugin } from '../plugins/rate-limit.ts'
import { policyPlugin } from '../plugins/policy.ts'
import { requestDeadlinePlugin } from '../plugins/request-deadline.ts'
import { requestLogPlugin } from '../plugins/request-log.ts'
import { responsesPlugin } from '../plugins/responses.ts'
import { securityHeadersPlugin } from '../plugins/security-headers.ts'
import { serverTimingPlugin } from '../plugins/server-timing.ts'
import { storePlugin } from '../plugins/store.ts'
import { tracesPlugin } from '../plugins/traces.ts'
import { toolsPlugin } from '../plugins/tools.ts'
import { warmUpPlugin } from '../plugins/warm-up.ts'
import { approvalRoutes } from '../routes/approvals.ts'
import { consoleRoutes } from '../routes/console.ts'
import { healthRoutes } from '../routes/health.ts'
import { metricsRoutes } from '../routes/metrics.ts'
import { toolRoutes } from '../routes/index.ts'
import { uploadFileRoutes } from '../routes/upload-file.ts'
import { openKey } from './audit/chain/key.ts'
import type { AuditFiles } from './audit/open-record.ts'
import type { BridgeConfig } from './config/config.ts'
import type { HyperCoreOptions } from './hypercore/client.ts'
import type { TokenSource } from './identity/principal.ts'
import type { JsonObject } from './lib/json/json.ts'
import type { Outgoing } from './lib/secrets/outgoing.ts'
import { headersMs, maxBodyBytes, maxConnections } from './lib/http/http-limits.ts'
import { refuseConnection } from './lib/http/refuse-connection.ts'
import { defaultTimings, type Timings } from './lib/time/timings.ts'

/** All tools of the bridge, in the order they are listed to clients. */
export { tools } from '../routes/index.ts'

export interface AppOptions {
  config: BridgeConfig
  cluster: Omit<HyperCoreOptions, 'logger' | 'onSecret'>
  /** Where a document imported for this cluster is kept. Default: the bundled catalog is used. */
  catalogFile?: string
  /**
   * Where the ledger of writes is kept: a folder, or the address of a database, which then has the plans,
   * the record and the sessions, too. Default: it ends with the bridge.
   */
  store?: string
  /** The tokens that are accepted beside that of the settings. */
  tokens?: TokenSource
  /** Where the record of who did what is kept. Default: it ends with the bridge. */
  audit?: AuditFiles
  /** Its lines leave through `outgoing`, too. */
  logger: FastifyBaseLogger
  /** Knows the secrets of all settings. */
  outgoing: Outgoing
  /** Log out at the cluster on close instead of keeping the session. Default false. */
  logoutOnClose?: boolean
  timings?: Partial<Timings>
}

/** What of the settings decides who may do what, for the record. */
const safetySettings = ({ config, cluster }: AppOptions): JsonObject => ({
  nodes: cluster.nodes,
  tls: cluster.tls.mode,
  discover: cluster.discover !== undefined,
  host: config.host,
  port: config.port,
  allowedHosts: config.allowedHosts,
  corsOrigins: config.corsOrigins,
  duringUpdate: config.duringUpdate,
  tokenScope: config.tokenScope,
  readOnly: config.readOnly,
  runApi: config.runApi,
  approval: config.approval,
  protectedTags: config.protectedTags,
  maxTargets: config.maxTargets,
  writesPerMinute: config.writesPerMinute === Infinity ? 'off' : config.writesPerMinute,
  exportTargets: config.exportTargets,
  importSources: config.importSources,
  rateLimit: config.rateLimit === Infinity ? 'off' : config.rateLimit
})

/** The bridge as a Fastify application, complete but not listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const {
    config,
    cluster,
    catalogFile,
    store,
    tokens,
    audit,
    logger,
    outgoing,
    logoutOnClose = false
  } = options
  const timings = { ...defaultTimings, ...options.timings }
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    // Node's own would end uploads, too: plugins/request-deadline.ts ends all others.
    requestTimeout: 0,
    http: {
      headersTimeout: Math.min(headersMs, timings.requestMs),
      connectionsCheckingInterval: Math.min(5000, timings.requestMs)
    },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (_error, request, reply) => app.refuseUrl(request, reply),
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true }
  })

  await app.register(outgoingPlugin, { outgoing })
  app.server.maxConnections = maxConnections

  await app.register(metricsPlugin)
  await app.register(tracesPlugin, config)
  await app.register(securityHeadersPlugin)
  await app.register(requestDeadlinePlugin, { timings })
  await app.register(rateLimitPlugin, config)
  await app.register(oidcPlugin, { ...config, timings })
  await app.register(authPlugin, { ...config, tokens })
  await app.register(requestLogPlugin)
  await app.register(serverTimingPlugin)
  await app.register(gracefulClosePlugin)
  await app.register(hostGuardPlugin, config)
  await app.register(jsonBodyPlugin)
  await app.register(responsesPlugin)
  await app.register(callerSignalPlugin)
  await app.register(warmUpPlugin)
  await app.register(storePlugin, { location: store, timings })
  await app.register(ledgerPlugin, { nodes: cluster.nodes })
  await app.register(catalogPlugin, { catalogFile, nodes: cluster.nodes })
  await app.register(auditPlugin, {
    files: audit,
    isLedgerKept: store !== undefined,
    settings: safetySettings(options),
    timings
  })
  await app.register(policyPlugin, config)
  await app.register(approvalWebhookPlugin, config)
  await app.register(hypercorePlugin, {
    cluster,
    logoutOnClose,
    followMs: timings.followMs,
    leftMs: timings.leftMs,
    signingKey: audit && (() => openKey(audit.keyPath))
  })
  await app.register(chatProgressPlugin, config)
  await app.register(toolsPlugin, { ...config, timings })
  await app.register(consolePlugin)
  await app.register(errorsPlugin)
  await app.register(openapiPlugin)
  await app.register(landingPagePlugin)
  await app.register(mcpPlugin)
  await app.register(healthRoutes, { timings })
  await app.register(metricsRoutes, config)
  await app.register(approvalRoutes, { guard: 'token' })
  await app.register(approvalRoutes, { guard: 'console', prefix: '/console' })
  await app.register(consoleRoutes, { timings })
  await app.register(uploadFileRoutes)
  await app.register(toolRoutes)
  return app
}
