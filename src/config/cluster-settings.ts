import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { scopes } from '../identity/scope.ts'
import { isDatabaseAddress } from '../store/postgres/address.ts'
import type { Environment } from './env-file.ts'
import { inUrl, passwordOf, whole } from './setting-secrets.ts'
import {
  asGiven,
  oneOf,
  parseBoolean,
  parseDuration,
  parseFingerprints,
  parseNodes,
  parseOnOff,
  parseSize,
  parseStore,
  parseToken,
  parseTokenScope
} from './setting-values.ts'
import type { Setting } from './setting.ts'
/** The folder for what must survive a restart, by the habits of the platform. */
function stateFolder(env: Environment): string {
  const home = env['HOME'] ?? homedir()
  const base =
    process.platform === 'win32'
      ? (env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'))
      : (env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'))
  return join(base, 'scale-bridge')
}

export const tlsModes = ['verify', 'pin', 'insecure'] as const

/** A path in the folder of the session file. */
const besideSession = (env: Environment, ...names: string[]): string =>
  join(dirname(env['SCALE_SESSION_FILE'] || join(stateFolder(env), 'session.json')), ...names)

/** Which cluster it is, and what is kept of it. */
export const clusterSettings = {
  token: {
    part: 'bridge',
    name: 'MCP_BEARER_TOKEN',
    meaning: 'the client token',
    parse: parseToken,
    required: 'the token clients must send; `openssl rand -hex 24` makes one',
    secrets: whole
  },
  tokenScope: {
    part: 'bridge',
    name: 'MCP_TOKEN_SCOPE',
    meaning: 'what it may be used for',
    parse: parseTokenScope,
    fallback: scopes.join()
  },
  /** Origins of the nodes (`https://10.20.0.11`), in order of preference. */
  nodes: {
    part: 'cluster',
    name: 'SCALE_HOST',
    meaning: 'node addresses, comma-separated',
    parse: parseNodes,
    required: 'the address of a node, for example 10.20.0.11'
  },
  discover: {
    part: 'cluster',
    name: 'SCALE_DISCOVER',
    meaning: "whether further nodes are found by the cluster's own list",
    parse: parseOnOff,
    fallback: 'off'
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
  store: {
    part: 'cluster',
    name: 'SCALE_STORE',
    meaning: 'folder of the ledger of writes, or the database that bridges share',
    parse: parseStore,
    derived: (env: Environment) => besideSession(env, 'store'),
    secrets: (value: string) => (isDatabaseAddress(value) ? inUrl(value) : [])
  },
  tokensFile: {
    part: 'cluster',
    name: 'SCALE_TOKENS_FILE',
    meaning: 'tokens beside MCP_BEARER_TOKEN',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'tokens.json')
  },
  auditFile: {
    part: 'cluster',
    name: 'SCALE_AUDIT_FILE',
    meaning: 'record of who did what',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'audit', 'audit.jsonl')
  },
  auditKey: {
    part: 'cluster',
    name: 'SCALE_AUDIT_KEY',
    meaning: 'private key that signs the record',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'audit-key.pem')
  },
  auditMaxBytes: {
    part: 'cluster',
    name: 'AUDIT_MAX_SIZE',
    meaning: 'size at which a file of the record is closed',
    parse: parseSize,
    fallback: '64MiB'
  },
  auditKeepMs: {
    part: 'cluster',
    name: 'AUDIT_KEEP',
    meaning: 'how long entries of the record are kept',
    parse: parseDuration,
    fallback: '400d'
  }
} as const satisfies Record<string, Setting>
