import type { Secret } from '../lib/secrets/redactor.ts'
import type { Environment } from './env-file.ts'
import { reachedBy } from './reach.ts'
import { type OtelConfig, readOtel } from './read-otel.ts'
import { Reader } from './reader.ts'
import { type SettingKey, settings, type ValuesOf } from './settings.ts'
import { isShortToken, minTokenLength } from './warnings.ts'

export { ConfigError } from './reader.ts'
export { type OtelConfig, settings, type SettingKey }

/** The secrets in the settings of a part. */
interface WithSecrets {
  secrets: readonly Secret[]
}

/** How the bridge reaches its cluster. */
export type ClusterConfig = ValuesOf<'cluster'> & WithSecrets

/** What happens to writes that a running update of the cluster could cut off. */
export type DuringUpdate = ValuesOf<'bridge'>['duringUpdate']

/** What raw calls may do; of `any`, a caller may have one sent unchecked. */
export type RawCalls = ValuesOf<'bridge'>['runApi']

export type LogLevel = ValuesOf<'bridge'>['logLevel']

/** Those of a part that are needed for its purpose. */
type With<T, Needed extends keyof T> = T & { [Field in Needed]: NonNullable<T[Field]> }

/** The OpenAI-compatible server that answers questions about the API. */
export type LlmConfig = With<ValuesOf<'llm'>, 'baseUrl' | 'model'>

/** Who is notified of pending plans. */
export type WebhookConfig = With<ValuesOf<'webhook'>, 'url' | 'secret'>

/** The OpenWebUI whose chats show the progress of slow tools. */
export type OpenWebUiConfig = With<ValuesOf<'openWebUi'>, 'url' | 'apiKey'>

/** The identity provider whose access tokens the bridge accepts. */
export type OidcConfig = With<ValuesOf<'oidc'>, 'issuer' | 'audience'>

/** Everything about the bridge that is not about the cluster's address and login. */
export type BridgeConfig = ValuesOf<'bridge'> &
  WithSecrets & {
    /** Undefined without a webhook for pending plans. */
    webhook: WebhookConfig | undefined
    /** Undefined where progress is not shown in the chat. */
    openWebUi: OpenWebUiConfig | undefined
    /** Undefined where no model server is set. */
    llm: LlmConfig | undefined
    /** Undefined without sign-in. */
    oidc: OidcConfig | undefined
    /** Undefined where nothing is traced. */
    otel: OtelConfig | undefined
  }

export interface Config extends BridgeConfig {
  cluster: ClusterConfig
}

function readLlm(reader: Reader): LlmConfig | undefined {
  const { baseUrl, model, apiKey } = reader.readPart('llm')
  reader.pair('llmBaseUrl', 'llmModel', 'ask_api')
  return baseUrl === undefined || model === undefined ? undefined : { baseUrl, model, apiKey }
}

function readWebhook(reader: Reader): WebhookConfig | undefined {
  const { url, secret } = reader.readPart('webhook')
  reader.pair('webhookUrl', 'webhookSecret', 'signed notices of plans that wait')
  return url === undefined || secret === undefined ? undefined : { url, secret }
}

function readOpenWebUi(reader: Reader): OpenWebUiConfig | undefined {
  const { url, apiKey } = reader.readPart('openWebUi')
  reader.pair('openWebUiUrl', 'openWebUiApiKey', 'progress in the chat')
  return url === undefined || apiKey === undefined ? undefined : { url, apiKey }
}

function readOidc(reader: Reader): OidcConfig | undefined {
  const { issuer, audience, ...rest } = reader.readPart('oidc')
  reader.pair('oidcIssuer', 'oidcAudience', 'sign-in')
  return issuer === undefined || audience === undefined ? undefined : { issuer, audience, ...rest }
}

function readBridge(reader: Reader, defaults?: { token: string }): BridgeConfig {
  const bridge = reader.readPart('bridge', defaults)
  const webhook = readWebhook(reader)
  const [openWebUi, llm, oidc] = [readOpenWebUi(reader), readLlm(reader), readOidc(reader)]
  // Undefined where they are wrong; a default is a token of our own.
  const { token, ...reach } = bridge as Partial<typeof bridge>
  const isShort = reader.isSet('token') && token !== undefined && isShortToken(token)
  const reached = reachedBy({ ...reach, resource: oidc?.audience.resource })
  if (isShort && reached !== undefined)
    reader.problems.push(
      `MCP_BEARER_TOKEN has fewer than ${minTokenLength} characters, too few while ${reached}: \`openssl rand -hex 24\` generates a good one`
    )
  const otel = readOtel(reader)
  // When all is read.
  return { ...bridge, webhook, openWebUi, llm, oidc, otel, secrets: reader.secrets }
}

function readCluster(reader: Reader): ClusterConfig {
  const cluster = reader.readPart('cluster')
  if (cluster.tlsMode === 'pin' && !reader.isSet('tlsFingerprints'))
    reader.problems.push(
      'SCALE_TLS_FINGERPRINT is not set, but SCALE_TLS is pin: `scale-bridge pin` finds and writes it, ' +
        'or SCALE_TLS=verify shows it with the first call'
    )
  if (cluster.discover && cluster.tlsMode === 'insecure')
    reader.problems.push(
      'SCALE_DISCOVER is on, but SCALE_TLS is insecure: the password would go to any address that an impostor ' +
        'of a node names; set SCALE_TLS to verify or pin, or SCALE_DISCOVER to off'
    )
  return { ...cluster, secrets: reader.secrets }
}

/**
 * Reads all settings of the bridge from an environment. Pure; the result is frozen.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadConfig(env: Environment): Config {
  const reader = new Reader(env)
  return reader.done({ ...readBridge(reader), cluster: readCluster(reader) })
}

/**
 * Reads what is not about the cluster, for the demo, which brings its own cluster and, unless
 * `MCP_BEARER_TOKEN` is set, its own token.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadBridgeConfig(env: Environment, defaultToken: string): BridgeConfig {
  const reader = new Reader(env)
  return reader.done(readBridge(reader, { token: defaultToken }))
}

/**
 * Reads the part about the cluster alone, for commands that need no client token.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadClusterConfig(env: Environment): ClusterConfig {
  const reader = new Reader(env)
  return reader.done(readCluster(reader))
}

/**
 * The secrets of all settings, whether they are complete or not: for commands, which say what is wrong
 * with them.
 * @param except settings whose secrets are left out
 */
export function secretsIn(env: Environment, except: readonly SettingKey[] = []): Secret[] {
  const reader = new Reader(env)
  for (const key of Object.keys(settings) as SettingKey[])
    if (!except.includes(key)) reader.readOptional(key)
  return reader.secrets
}

/**
 * Reads the model server's settings alone; undefined where there is none.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadLlmConfig(env: Environment): LlmConfig | undefined {
  const reader = new Reader(env)
  return reader.done(readLlm(reader))
}

/**
 * Reads the settings of the identity provider alone; undefined where there is none.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadOidcConfig(env: Environment): OidcConfig | undefined {
  const reader = new Reader(env)
  return reader.done({ oidc: readOidc(reader) }).oidc
}

/**
 * Reads where the tokens are kept.
 * @throws {ConfigError} if that is wrong.
 */
export function loadTokensFile(env: Environment): string {
  const reader = new Reader(env)
  return reader.done({ path: reader.read('tokensFile') }).path
}

/** Whose state is kept where: enough for what needs no login. */
export type ClusterLocation = Pick<ClusterConfig, 'nodes' | 'sessionFile'>

/**
 * Reads which cluster is meant and where its state is kept; undefined if SCALE_HOST is not set.
 * @throws {ConfigError} if one of them is wrong.
 */
export function loadClusterLocation(env: Environment): ClusterLocation | undefined {
  const reader = new Reader(env)
  const nodes = reader.readOptional('nodes')
  const sessionFile = reader.read('sessionFile')
  return reader.done({ place: nodes && { nodes, sessionFile } }).place
}

/** Where the record of who did what is. */
export type AuditLocation = Pick<ClusterConfig, 'auditFile' | 'auditKey' | 'store'>

/**
 * Reads where the record is, for commands that only read it.
 * @throws {ConfigError} if one of them is wrong.
 */
export function loadAuditLocation(env: Environment): AuditLocation {
  const reader = new Reader(env)
  return reader.done({
    auditFile: reader.read('auditFile'),
    auditKey: reader.read('auditKey'),
    store: reader.read('store')
  })
}

/** What a client of the bridge has to know of it. */
export type ClientView = Pick<BridgeConfig, 'host' | 'port' | 'allowedHosts'> & {
  token: string | undefined
}

/**
 * Reads where the bridge listens and what its clients must send.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadClientView(env: Environment): ClientView {
  const reader = new Reader(env)
  return reader.done({
    host: reader.read('host'),
    port: reader.read('port'),
    allowedHosts: reader.read('allowedHosts'),
    token: reader.readOptional('token')
  })
}
