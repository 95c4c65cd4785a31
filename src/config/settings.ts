import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Secret } from '../lib/redactor.ts'
import type { Environment } from './env-file.ts'
import { type GivenText, inUrl, login, passwordOf, whole } from './setting-secrets.ts'
import {
  oneOf,
  parseAddresses,
  parseBoolean,
  parseCount,
  parseDuration,
  parseExportUri,
  parseFingerprints,
  parseHosts,
  parseHttpUrl,
  parseLlmUrl,
  parseNodes,
  parseOpenWebUiUrl,
  parseOrigins,
  parsePort,
  parsePublicUrl,
  parseRateLimit,
  parseToken,
  parseWebhookSecret,
  words
} from './setting-values.ts'

/** Which configuration a setting belongs to; `webhook`, `llm` and `openWebUi` are of the bridge's. */
type Part = 'bridge' | 'cluster' | 'webhook' | 'openWebUi' | 'llm'

/** One setting: how its text is read, and how the documentation names it. */
export interface Setting<T = unknown> {
  part: Part
  /** Of the environment variable. */
  name: string
  meaning: string
  /** Reads the text, or throws an Error whose message says what is allowed. */
  parse: (text: string) => T
  /** What an unset or empty variable stands for. Without it, and without `required`: undefined. */
  fallback?: string
  /** Why it must be set. */
  required?: string
  /** A default that depends on the platform or on other variables. */
  derived?: (env: Environment) => T
  /** What of the value nobody may read; absent where all of it may be shown. */
  secrets?(value: T, given: GivenText): Secret[]
  /** Whitespace around the value belongs to it. */
  keepsWhitespace?: true
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export const updatePolicies = ['refuse', 'allow'] as const
export const approvalFloors = ['off', 'interrupt', 'lose', 'write'] as const
export const rawCalls = ['off', 'read', 'checked', 'any'] as const
export const tlsModes = ['verify', 'pin', 'insecure'] as const

const asGiven = (text: string): string => text

/** The folder for what must survive a restart, by the habits of the platform. */
function stateFolder(env: Environment): string {
  const home = env['HOME'] ?? homedir()
  const base =
    process.platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : (env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'))
  return join(base, 'scale-bridge')
}

/**
 * Every setting. The types of the configuration and its reader are derived from this table, and the
 * documentation is checked against it: a new setting is a new entry here. A key is the field of the
 * configuration; those of the parts `webhook`, `openWebUi` and `llm` begin with the part's name.
 */
const table = {
  token: {
    part: 'bridge',
    name: 'MCP_BEARER_TOKEN',
    meaning: 'the client token',
    parse: parseToken,
    required: 'the token clients must send; `openssl rand -hex 24` makes one',
    secrets: whole
  },
  /** Origins of the nodes (`https://10.20.0.11`), in order of preference. */
  nodes: {
    part: 'cluster',
    name: 'SCALE_HOST',
    meaning: 'node addresses, comma-separated',
    parse: parseNodes,
    required: 'the address of a node, for example 10.20.0.11'
  },
  username: {
    part: 'cluster',
    name: 'SCALE_USERNAME',
    meaning: 'cluster login',
    parse: asGiven,
    required: 'the cluster user the bridge logs in as'
  },
  password: {
    part: 'cluster',
    name: 'SCALE_PASSWORD',
    meaning: 'cluster login',
    parse: asGiven,
    required: "the cluster user's password",
    secrets: passwordOf('SCALE_USERNAME'),
    keepsWhitespace: true
  },
  useOidc: {
    part: 'cluster',
    name: 'SCALE_USE_OIDC',
    meaning: 'log in through OpenID Connect',
    parse: parseBoolean,
    fallback: 'false'
  },
  tlsMode: {
    part: 'cluster',
    name: 'SCALE_TLS',
    meaning: 'how certificates are checked',
    parse: oneOf(tlsModes),
    fallback: 'verify'
  },
  /** SHA-256 fingerprints, as written; compared without colons and case. */
  tlsFingerprints: {
    part: 'cluster',
    name: 'SCALE_TLS_FINGERPRINT',
    meaning: 'pinned certificates, comma-separated',
    parse: parseFingerprints,
    fallback: ''
  },
  tlsCaFile: {
    part: 'cluster',
    name: 'SCALE_TLS_CA',
    meaning: 'PEM file with further authorities',
    parse: asGiven
  },
  sessionFile: {
    part: 'cluster',
    name: 'SCALE_SESSION_FILE',
    meaning: 'where the cluster session is kept',
    parse: asGiven,
    derived: (env: Environment) => join(stateFolder(env), 'session.json')
  },
  sessionMaxAgeMs: {
    part: 'cluster',
    name: 'SCALE_SESSION_MAX_AGE',
    meaning: 'age of renewal',
    parse: parseDuration,
    fallback: '12h'
  },
  storeFolder: {
    part: 'cluster',
    name: 'SCALE_STORE',
    meaning: 'folder of the ledger of writes',
    parse: asGiven,
    derived: (env: Environment) =>
      join(dirname(env['SCALE_SESSION_FILE'] || join(stateFolder(env), 'session.json')), 'store')
  },
  /** The archive exportVM writes to and importVM reads from. */
  archive: {
    part: 'bridge',
    name: 'SCALE_EXPORT_URI',
    meaning: 'archive of exportVM',
    parse: parseExportUri,
    secrets: login
  },
  duringUpdate: {
    part: 'bridge',
    name: 'DURING_UPDATE',
    meaning: 'writes while the cluster is updated',
    parse: oneOf(updatePolicies),
    fallback: 'refuse'
  },
  directoryUrl: {
    part: 'bridge',
    name: 'SCALE_DIRECTORY_URL',
    meaning: 'service for VMs of a person',
    parse: parseHttpUrl,
    secrets: inUrl
  },
  readOnly: {
    part: 'bridge',
    name: 'READ_ONLY',
    meaning: 'nothing is written',
    parse: parseBoolean,
    fallback: 'false'
  },
  runApi: {
    part: 'bridge',
    name: 'RUN_API',
    meaning: 'what raw calls may do',
    parse: oneOf(rawCalls),
    fallback: 'checked'
  },
  approval: {
    part: 'bridge',
    name: 'APPROVAL',
    meaning: 'which calls a person approves',
    parse: oneOf(approvalFloors),
    fallback: 'off'
  },
  /** Tags of VMs, in any case. */
  protectedTags: {
    part: 'bridge',
    name: 'PROTECTED_TAGS',
    meaning: 'VMs that change only with approval',
    parse: words,
    fallback: ''
  },
  maxTargets: {
    part: 'bridge',
    name: 'MAX_TARGETS',
    meaning: 'objects a call may touch at once',
    parse: parseCount,
    fallback: '1'
  },
  /** Where people are told that a plan waits. */
  webhookUrl: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK',
    meaning: 'told of every plan that waits',
    parse: parseHttpUrl,
    // The address of a chat's webhook is its key.
    secrets: (url: string) => [...whole(url), ...inUrl(url)]
  },
  /** The key of its signatures, in bytes. */
  webhookSecret: {
    part: 'webhook',
    name: 'APPROVAL_WEBHOOK_SECRET',
    meaning: 'key of its signatures',
    parse: parseWebhookSecret,
    secrets: whole
  },
  /** Infinity for no limit. */
  writesPerMinute: {
    part: 'bridge',
    name: 'WRITES_PER_MINUTE',
    meaning: 'writes per minute and token',
    parse: parseRateLimit,
    fallback: '60'
  },
  exportTargets: {
    part: 'bridge',
    name: 'EXPORT_TARGETS',
    meaning: 'where data may go, beside the archive',
    parse: parseAddresses,
    fallback: ''
  },
  importSources: {
    part: 'bridge',
    name: 'IMPORT_SOURCES',
    meaning: 'where VMs may come from, beside it',
    parse: parseAddresses,
    fallback: ''
  },
  host: {
    part: 'bridge',
    name: 'HOST',
    meaning: 'address the bridge listens on',
    parse: asGiven,
    fallback: '127.0.0.1'
  },
  port: {
    part: 'bridge',
    name: 'PORT',
    meaning: 'port the bridge listens on',
    parse: parsePort,
    fallback: '5075'
  },
  /** An origin, with a path where a proxy puts the bridge under one; without a slash at the end. */
  publicUrl: {
    part: 'bridge',
    name: 'PUBLIC_URL',
    meaning: 'address that people open',
    parse: parsePublicUrl
  },
  /** Names in lower case, without port; loopback always passes. */
  allowedHosts: {
    part: 'bridge',
    name: 'ALLOWED_HOSTS',
    meaning: 'names the bridge may be called by',
    parse: parseHosts,
    fallback: ''
  },
  /** `*` for all. */
  corsOrigins: {
    part: 'bridge',
    name: 'CORS_ORIGINS',
    meaning: 'browser origins that may call it',
    parse: parseOrigins,
    fallback: ''
  },
  /** In calls a minute; Infinity for none. */
  rateLimit: {
    part: 'bridge',
    name: 'RATE_LIMIT',
    meaning: 'calls per minute and token',
    parse: parseRateLimit,
    fallback: '12000'
  },
  /** What `/api/v1/…` is appended to, for example `http://open-webui:8080`. */
  openWebUiUrl: {
    part: 'openWebUi',
    name: 'OPENWEBUI_URL',
    meaning: 'where progress is shown',
    parse: parseOpenWebUiUrl
  },
  openWebUiApiKey: {
    part: 'openWebUi',
    name: 'OPENWEBUI_API_KEY',
    meaning: 'its API key',
    parse: parseToken,
    secrets: whole
  },
  /** What `/chat/completions` is appended to, for example `http://127.0.0.1:11434/v1`. */
  llmBaseUrl: {
    part: 'llm',
    name: 'LLM_BASE_URL',
    meaning: 'OpenAI-compatible server of ask_api',
    parse: parseLlmUrl
  },
  llmModel: { part: 'llm', name: 'LLM_MODEL', meaning: 'its model', parse: asGiven },
  llmApiKey: {
    part: 'llm',
    name: 'LLM_API_KEY',
    meaning: 'its key',
    parse: parseToken,
    secrets: whole
  },
  logLevel: {
    part: 'bridge',
    name: 'LOG_LEVEL',
    meaning: 'pino log level',
    parse: oneOf(logLevels),
    fallback: 'info'
  }
} as const satisfies Record<string, Setting>

type Table = typeof table

export type SettingKey = keyof Table

/** The table, by the keys of the settings, in the order they are documented. */
export const settings: {
  readonly [Key in SettingKey]: Setting<ReturnType<Table[Key]['parse']>>
} = table

/** The type of a setting's value. */
export type ValueOf<Key extends SettingKey> =
  | ReturnType<Table[Key]['parse']>
  | (Table[Key] extends { fallback: string } | { required: string } | { derived: object }
      ? never
      : undefined)

/** `apiKey` for `llmApiKey` of the part `llm`. */
type FieldOf<Key, P extends Part> = Key extends `${P}${infer Rest}` ? Uncapitalize<Rest> : Key

/** The values of all settings of a part, by the fields of its configuration. */
export type ValuesOf<P extends Part> = {
  [Key in SettingKey as Table[Key]['part'] extends P ? FieldOf<Key, P> : never]: ValueOf<Key>
}

/** The settings of a part, by the fields of its configuration. */
export const keysOfPart = (part: Part): [field: string, key: SettingKey][] =>
  (Object.keys(table) as SettingKey[])
    .filter((key) => table[key].part === part)
    .map((key) => {
      const field = key.startsWith(part) ? key.slice(part.length) : key
      return [field.charAt(0).toLowerCase() + field.slice(1), key]
    })
