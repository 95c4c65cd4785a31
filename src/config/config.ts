import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  oneOf,
  parseBoolean,
  parseDuration,
  parseExportUri,
  parseFingerprints,
  parseHttpUrl,
  parseLlmUrl,
  parseNodes,
  parseOpenWebUiUrl,
  parseOrigins,
  parsePort,
  parseToken,
  words
} from './setting-values.ts'
import type { Environment } from './env-file.ts'
import { Reader, type Setting } from './setting-reader.ts'
import { inUrl, login, passwordOf, whole } from './setting-secrets.ts'
import type { SplitAddress } from '../lib/address-login.ts'
import type { Secret } from '../lib/redactor.ts'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export const tlsModes = ['verify', 'pin', 'insecure'] as const
export type TlsMode = (typeof tlsModes)[number]

export { ConfigError } from './setting-reader.ts'

/** How the bridge reaches its cluster. */
export interface ClusterConfig {
  /** Origins of the nodes (`https://10.20.0.11`), in order of preference. */
  nodes: string[]
  username: string
  password: string
  useOidc: boolean
  tlsMode: TlsMode
  /** SHA-256 fingerprints, as written; compared without colons and case. */
  tlsFingerprints: string[]
  /** Path of a PEM file with further authorities. */
  tlsCaFile: string | undefined
  sessionFile: string
  sessionMaxAgeMs: number
  /** What of these settings nobody may read. */
  secrets: readonly Secret[]
}

/** The OpenAI-compatible server that answers questions about the API. */
export interface LlmConfig {
  /** What `/chat/completions` is appended to, for example `http://127.0.0.1:11434/v1`. */
  baseUrl: string
  model: string
  apiKey: string | undefined
}

/** The OpenWebUI whose chats show the progress of slow tools. */
export interface OpenWebUiConfig {
  /** What `/api/v1/…` is appended to, for example `http://open-webui:8080`. */
  url: string
  apiKey: string
}

/** Everything about the bridge that is not about the cluster's address and login. */
export interface BridgeConfig {
  token: string
  host: string
  port: number
  /** Names the bridge may be called by, lower case, without port; loopback always passes. */
  allowedHosts: string[]
  /** Origins of pages that may call it from a browser; `*` for all. */
  corsOrigins: string[]
  logLevel: LogLevel
  /** The archive exportVM writes to and importVM reads from. */
  archive: SplitAddress | undefined
  directoryUrl: string | undefined
  /** Undefined where progress is not shown in the chat. */
  openWebUi: OpenWebUiConfig | undefined
  /** Undefined where no model server is set. */
  llm: LlmConfig | undefined
  /** What of these settings nobody may read. */
  secrets: readonly Secret[]
}

export interface Config extends BridgeConfig {
  cluster: ClusterConfig
}

/** The folder for what must survive a restart, by the habits of the platform. */
function stateFolder(env: Environment): string {
  const home = env['HOME'] ?? homedir()
  const base =
    process.platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : (env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'))
  return join(base, 'scale-bridge')
}

const setting = <T>(
  name: string,
  fallback: string | undefined,
  meaning: string,
  parse: (text: string) => T
): Setting<T> => ({ name, fallback, meaning, parse })

const text = (value: string): string => value

/** The setting, with what of its value is redacted in all that leaves the bridge. */
const withSecrets = <T>(
  plain: Setting<T>,
  secrets: NonNullable<Setting<T>['secrets']>
): Setting<T> => ({ ...plain, secrets })

/** Every setting. The README's table is checked against it. */
export const settings = {
  token: withSecrets(setting('MCP_BEARER_TOKEN', undefined, 'the client token', parseToken), whole),
  nodes: setting('SCALE_HOST', undefined, 'node addresses, comma-separated', parseNodes),
  username: setting('SCALE_USERNAME', undefined, 'cluster login', text),
  password: {
    ...setting('SCALE_PASSWORD', undefined, 'cluster login', text),
    keepBlanks: true,
    secrets: passwordOf('SCALE_USERNAME')
  },
  useOidc: setting('SCALE_USE_OIDC', 'false', 'log in through OpenID Connect', parseBoolean),
  tlsMode: setting('SCALE_TLS', 'verify', 'how certificates are checked', oneOf(tlsModes)),
  tlsFingerprints: setting(
    'SCALE_TLS_FINGERPRINT',
    '',
    'pinned certificates, comma-separated',
    parseFingerprints
  ),
  tlsCaFile: setting('SCALE_TLS_CA', '', 'PEM file with further authorities', text),
  sessionFile: setting('SCALE_SESSION_FILE', '', 'where the cluster session is kept', text),
  sessionMaxAgeMs: setting('SCALE_SESSION_MAX_AGE', '12h', 'age of renewal', parseDuration),
  exportUri: withSecrets(
    setting('SCALE_EXPORT_URI', '', 'archive of exportVM', parseExportUri),
    login
  ),
  directoryUrl: withSecrets(
    setting('SCALE_DIRECTORY_URL', '', 'service for VMs of a person', parseHttpUrl),
    inUrl
  ),
  host: setting('HOST', '127.0.0.1', 'address the bridge listens on', text),
  port: setting('PORT', '5075', 'port the bridge listens on', parsePort),
  allowedHosts: setting('ALLOWED_HOSTS', '', 'names the bridge may be called by', words),
  corsOrigins: setting('CORS_ORIGINS', '', 'browser origins that may call it', parseOrigins),
  openWebUiUrl: setting('OPENWEBUI_URL', '', 'where progress is shown', parseOpenWebUiUrl),
  openWebUiApiKey: withSecrets(setting('OPENWEBUI_API_KEY', '', 'its API key', parseToken), whole),
  llmBaseUrl: setting('LLM_BASE_URL', '', 'OpenAI-compatible server of ask_api', parseLlmUrl),
  llmModel: setting('LLM_MODEL', '', 'its model', text),
  llmApiKey: withSecrets(setting('LLM_API_KEY', '', 'its key', parseToken), whole),
  logLevel: setting('LOG_LEVEL', 'info', 'pino log level', oneOf(logLevels))
} as const

function readLlm(reader: Reader): LlmConfig | undefined {
  const baseUrl = reader.read(settings.llmBaseUrl)
  const model = reader.read(settings.llmModel)
  const apiKey = reader.read(settings.llmApiKey)
  reader.pair(settings.llmBaseUrl, settings.llmModel, 'ask_api')
  return baseUrl === undefined || model === undefined ? undefined : { baseUrl, model, apiKey }
}

function readOpenWebUi(reader: Reader): OpenWebUiConfig | undefined {
  const url = reader.read(settings.openWebUiUrl)
  const apiKey = reader.read(settings.openWebUiApiKey)
  reader.pair(settings.openWebUiUrl, settings.openWebUiApiKey, 'progress in the chat')
  return url === undefined || apiKey === undefined ? undefined : { url, apiKey }
}

const readListening = (reader: Reader): Pick<BridgeConfig, 'host' | 'port' | 'allowedHosts'> => ({
  host: reader.read(settings.host) ?? '',
  port: reader.read(settings.port) ?? 0,
  allowedHosts: (reader.read(settings.allowedHosts) ?? []).map((name) => name.toLowerCase())
})

function readBridge(reader: Reader, token: string | undefined): BridgeConfig {
  return {
    token: token ?? '',
    ...readListening(reader),
    corsOrigins: reader.read(settings.corsOrigins) ?? [],
    logLevel: reader.read(settings.logLevel) ?? 'info',
    archive: reader.read(settings.exportUri),
    directoryUrl: reader.read(settings.directoryUrl),
    openWebUi: readOpenWebUi(reader),
    llm: readLlm(reader),
    // Last, when all is read.
    secrets: reader.secretsBeside(Object.values(settings))
  }
}

function readCluster(reader: Reader, env: Environment): ClusterConfig {
  const tlsMode = reader.read(settings.tlsMode) ?? 'verify'
  const tlsFingerprints = reader.read(settings.tlsFingerprints) ?? []
  if (tlsMode === 'pin' && !reader.isSet(settings.tlsFingerprints))
    reader.problems.push(
      'SCALE_TLS_FINGERPRINT is not set, but SCALE_TLS is pin: `scale-bridge pin` finds and writes it, ' +
        'or SCALE_TLS=verify shows it with the first call'
    )
  return {
    nodes: reader.need(settings.nodes, 'the address of a node, for example 10.20.0.11') ?? [],
    username: reader.need(settings.username, 'the cluster user the bridge logs in as') ?? '',
    password: reader.need(settings.password, "the cluster user's password") ?? '',
    useOidc: reader.read(settings.useOidc) ?? false,
    tlsMode,
    tlsFingerprints,
    tlsCaFile: reader.read(settings.tlsCaFile),
    sessionFile: reader.read(settings.sessionFile) ?? join(stateFolder(env), 'session.json'),
    sessionMaxAgeMs: reader.read(settings.sessionMaxAgeMs) ?? 0,
    secrets: reader.secretsBeside(Object.values(settings))
  }
}

/**
 * Reads all settings of the bridge from an environment. Pure; the result is frozen.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadConfig(env: Environment): Config {
  const reader = new Reader(env)
  const token = reader.need(
    settings.token,
    'the token clients must send; `openssl rand -hex 24` makes one'
  )
  const bridge = readBridge(reader, token)
  return reader.done({ ...bridge, cluster: readCluster(reader, env) })
}

/**
 * Reads what is not about the cluster, for the demo, which brings its own cluster and, unless
 * `MCP_BEARER_TOKEN` is set, its own token.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadBridgeConfig(env: Environment, defaultToken: string): BridgeConfig {
  const reader = new Reader(env)
  return reader.done(readBridge(reader, reader.read(settings.token) ?? defaultToken))
}

/**
 * Reads the part about the cluster alone, for commands that need no client token.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadClusterConfig(env: Environment): ClusterConfig {
  const reader = new Reader(env)
  return reader.done(readCluster(reader, env))
}

/**
 * Reads the model server's settings alone; undefined where there is none.
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadLlmConfig(env: Environment): LlmConfig | undefined {
  const reader = new Reader(env)
  return reader.done(readLlm(reader))
}

/** Whose state is kept where: enough for what needs no login. */
export type ClusterLocation = Pick<ClusterConfig, 'nodes' | 'sessionFile'>

/**
 * Reads which cluster is meant and where its state is kept; undefined if SCALE_HOST is not set.
 * @throws {ConfigError} if one of them is wrong.
 */
export function loadClusterLocation(env: Environment): ClusterLocation | undefined {
  const reader = new Reader(env)
  const nodes = reader.read(settings.nodes)
  const sessionFile = reader.read(settings.sessionFile) ?? join(stateFolder(env), 'session.json')
  return reader.done({ place: nodes === undefined ? undefined : { nodes, sessionFile } }).place
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
  const { host, port, allowedHosts } = readListening(reader)
  return reader.done({ host, port, allowedHosts, token: reader.read(settings.token) })
}
