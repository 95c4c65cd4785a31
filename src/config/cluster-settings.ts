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
    meaning:
      'the token that clients must send; `openssl rand -hex 24` generates one. Fewer than 16 characters are refused unless only this machine reaches the bridge',
    shownDefault: 'required; random in `demo`',
    parse: parseToken,
    required: 'the token clients must send; `openssl rand -hex 24` generates one',
    secrets: whole
  },
  tokenScope: {
    part: 'bridge',
    name: 'MCP_TOKEN_SCOPE',
    meaning:
      'what `MCP_BEARER_TOKEN`, and the user who starts `scale-bridge mcp`, may do, comma-separated: `read`, `operate`, `interrupt`, `lose`, `egress`, `control`, `approve` ([tokens](tokens.md))',
    parse: parseTokenScope,
    fallback: scopes.join()
  },
  /** Origins of the nodes (`https://10.20.0.11`), in order of preference. */
  nodes: {
    part: 'cluster',
    name: 'SCALE_HOST',
    meaning:
      'node addresses, comma-separated: `10.20.0.11`, `node1.example:443` or `https://10.20.0.11`; the later ones are used when the first does not respond',
    parse: parseNodes,
    required: 'the address of a node, for example 10.20.0.11'
  },
  discover: {
    part: 'cluster',
    name: 'SCALE_DISCOVER',
    meaning:
      "`on`: further nodes are found by the cluster's own list, and those that move are followed ([below](#nodes-found-by-the-clusters-list))",
    parse: parseOnOff,
    fallback: 'off'
  },
  username: {
    part: 'cluster',
    name: 'SCALE_USERNAME',
    meaning: 'cluster user',
    parse: asGiven,
    required: 'the cluster user the bridge logs in as'
  },
  password: {
    part: 'cluster',
    name: 'SCALE_PASSWORD',
    meaning: 'its password',
    parse: asGiven,
    required: "the cluster user's password",
    secrets: passwordOf('SCALE_USERNAME'),
    keepsWhitespace: true
  },
  useOidc: {
    part: 'cluster',
    name: 'SCALE_USE_OIDC',
    meaning: '`true`: the user belongs to an OpenID Connect provider',
    parse: parseBoolean,
    fallback: 'false'
  },
  tlsMode: {
    part: 'cluster',
    name: 'SCALE_TLS',
    meaning:
      'how certificates are checked: `verify` (by authorities), `pin` (by fingerprint), `insecure` (not at all; for experiments)',
    parse: oneOf(tlsModes),
    fallback: 'verify'
  },
  /** SHA-256 fingerprints, as written; compared without colons and case. */
  tlsFingerprints: {
    part: 'cluster',
    name: 'SCALE_TLS_FINGERPRINT',
    meaning:
      'SHA-256 fingerprints of the pinned certificates, comma-separated; `scale-bridge pin` writes them',
    parse: parseFingerprints,
    fallback: ''
  },
  tlsCaFile: {
    part: 'cluster',
    name: 'SCALE_TLS_CA',
    meaning: 'PEM file with additional authorities, for `verify`',
    parse: asGiven
  },
  sessionFile: {
    part: 'cluster',
    name: 'SCALE_SESSION_FILE',
    meaning: 'where the cluster session is kept between starts, readable by its owner only',
    shownDefault: '`~/.local/state/scale-bridge/session.json`',
    parse: asGiven,
    derived: (env: Environment) => join(stateFolder(env), 'session.json')
  },
  sessionMaxAgeMs: {
    part: 'cluster',
    name: 'SCALE_SESSION_MAX_AGE',
    meaning: 'a session older than this is renewed: `90s`, `30m`, `12h`, `7d`',
    parse: parseDuration,
    fallback: '12h'
  },
  store: {
    part: 'cluster',
    name: 'SCALE_STORE',
    meaning:
      'folder of the ledger of writes, for its owner only, or the address of a PostgreSQL database that [several bridges](replicas.md) share, `postgres://user:password@host/name?sslmode=verify-full`; without it nothing is sent that changes the cluster',
    shownDefault: '`store` beside the session file',
    parse: parseStore,
    derived: (env: Environment) => besideSession(env, 'store'),
    secrets: (value: string) => (isDatabaseAddress(value) ? inUrl(value) : [])
  },
  tokensFile: {
    part: 'cluster',
    name: 'SCALE_TOKENS_FILE',
    meaning:
      'the [tokens](tokens.md) beside `MCP_BEARER_TOKEN`, as hashes; `scale-bridge token` changes it',
    shownDefault: '`tokens.json` beside the session file',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'tokens.json')
  },
  auditFile: {
    part: 'cluster',
    name: 'SCALE_AUDIT_FILE',
    meaning:
      'the [record](audit.md) of who did what, for its owner only; without it nothing is sent that changes the cluster',
    shownDefault: '`audit/audit.jsonl` beside the session file',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'audit', 'audit.jsonl')
  },
  auditKey: {
    part: 'cluster',
    name: 'SCALE_AUDIT_KEY',
    meaning:
      'the private key that signs the record, created with the first start; keep it outside the folder of the record',
    shownDefault: '`audit-key.pem` beside the session file',
    parse: asGiven,
    derived: (env: Environment) => besideSession(env, 'audit-key.pem')
  },
  auditMaxBytes: {
    part: 'cluster',
    name: 'AUDIT_MAX_SIZE',
    meaning:
      'a file of the record that is larger is closed, and the next one begins; 1 MiB at least',
    parse: parseSize,
    fallback: '64MiB'
  },
  auditKeepMs: {
    part: 'cluster',
    name: 'AUDIT_KEEP',
    meaning:
      'a closed file is deleted when all its entries are older; never before, whatever its size',
    parse: parseDuration,
    fallback: '400d'
  }
} as const satisfies Record<string, Setting>
