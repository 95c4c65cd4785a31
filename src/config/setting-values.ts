import { parseScopes, type Scope, scopes } from '../identity/scope.ts'
import { type SplitAddress, splitLogin } from '../lib/http/address-login.ts'
import { type AllowedAddress, parseAllowedAddress } from '../lib/http/allowed-address.ts'
import { isSafeUrl } from '../lib/http/loopback.ts'
import { parseBytes } from '../lib/text/units.ts'
import { checkDatabaseAddress, isDatabaseAddress } from '../store/postgres/address.ts'

/** The values of settings: read from text, or refused with an Error that says what is allowed. */

/** Any text. */
export const asGiven = (text: string): string => text

export const oneOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T => {
    const found = allowed.find((value) => value === text.toLowerCase())
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`)
    return found
  }

const toUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null)

export const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

/** Reads a number of objects, 1 or more. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error('must be a whole number, 1 or more')
  return Number(text)
}

/** Reads hosts and folders that data may go to or come from. */
export const parseAddresses = (text: string): AllowedAddress[] =>
  words(text).map(parseAllowedAddress)

/** Names as a Host header carries them, compared in lower case. */
export const parseHosts = (text: string): string[] => words(text.toLowerCase())

export function parseBoolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  if (/^(false|0|no|off)$/i.test(text)) return false
  throw new Error('must be true or false')
}

export function parseOnOff(text: string): boolean {
  return oneOf(['on', 'off'])(text) === 'on'
}

export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw new Error('must be a port number, 0 to 65535')
  return port
}

const durationUnits: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 }

/** Reads `90s`, `30m`, `12h` or `7d` into milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([smhd])$/i.exec(text)
  const unit = durationUnits[match?.[2]?.toLowerCase() ?? '']
  if (match === null || unit === undefined || Number(match[1]) <= 0)
    throw new Error('must be a time such as 90s, 30m, 12h or 7d')
  return Number(match[1]) * unit
}

/** Reads one node address (`10.20.0.11`, `host:port`, `https://…`) into an origin. */
export function parseNode(text: string): string {
  const advice = 'must hold addresses such as 10.20.0.11, node1.example:443 or https://10.20.0.11'
  if (/^http:/i.test(text)) throw new Error('must use https: HyperCore speaks TLS only')
  const url = toUrl(/^https:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || /[\s@?#\\]/.test(text)) throw new Error(advice)
  if (!/^\/(rest\/v1\/?)?$/.test(url.pathname)) throw new Error(`${advice}, without a path`)
  return url.origin
}

export function parseNodes(text: string): string[] {
  const nodes = [...new Set(words(text).map(parseNode))]
  if (nodes.length === 0) throw new Error('must name at least one node')
  return nodes
}

export function parseFingerprints(text: string): string[] {
  const prints = words(text)
  for (const print of prints)
    if (!/^[0-9a-f]{64}$/i.test(print.replaceAll(':', '')))
      throw new Error('must hold SHA-256 fingerprints of 64 hexadecimal digits')
  return prints
}

/**
 * Reads the address of an export archive, its login apart from it. The login may hold any character,
 * `@`, `/` and whitespace too; HyperCore takes it as it is, not URL-encoded (FACTS 5.8, S).
 */
export function parseExportUri(text: string): SplitAddress {
  const { address, login } = splitLogin(text.replace(/\/+$/, ''))
  if (!/^smb:\/\/[^/@\s]+\/[^/\s].*$/i.test(address))
    throw new Error('must look like smb://user:password@server/share/folder')
  return { address, login }
}

export function parseHttpUrl(text: string): string {
  const url = toUrl(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error('must be an http:// or https:// URL')
  return text
}

/** Checks a URL that paths are appended to: a user or a query in it would be lost, or be logged. */
function parseBaseUrl(text: string, keySetting: string, ending: string): string {
  const url = new URL(parseHttpUrl(text))
  if (url.username !== '' || url.password !== '')
    throw new Error(`must not hold a user or password: ${keySetting} takes the key`)
  if (/[?#]/.test(text)) throw new Error(`must end with its path, for example ${ending}`)
  return text.replace(/\/+$/, '')
}

/** Checks the base URL of a model server; it is used as given, with `/v1` or without. */
export const parseLlmUrl = (text: string): string =>
  parseBaseUrl(text, 'LLM_API_KEY', 'in /v1').replace(/\/chat\/completions$/, '')

/** Checks the address of OpenWebUI; the path of its API is appended by us. */
export const parseOpenWebUiUrl = (text: string): string =>
  parseBaseUrl(text, 'OPENWEBUI_API_KEY', 'https://chat.example').replace(/\/api(\/v1)?$/, '')

/** Checks the address that links to the bridge begin with. */
export function parsePublicUrl(text: string): string {
  const url = new URL(parseHttpUrl(text))
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text))
    throw new Error('must be an address such as https://bridge.example, without user, ? and #')
  return url.href.replace(/\/+$/, '').replace(/\/console$/, '')
}

/** Checks the key of signatures, as Standard Webhooks writes it: at least 24 bytes in base64. */
export function parseWebhookSecret(text: string): string {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const { length } = Buffer.from(base64, 'base64')
  if (length < 24 || length > 64)
    throw new Error(
      'must be whsec_ and 24 to 64 bytes in base64: `echo "whsec_$(openssl rand -base64 32)"` generates one'
    )
  return text
}

/** `app://obsidian.md`, `chrome-extension://<id>`: what a browser sends for pages of extensions and apps. */
const appOrigin = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(?::\d+)?\/?$/i

/** Reads origins as browsers send them; `null` is that of a sandboxed page or a file. */
export function parseOrigins(text: string): string[] {
  return words(text).map((origin) => {
    if (origin === '*' || origin === 'null') return origin
    const url = toUrl(origin)
    if (url !== null && url.origin !== 'null') return url.origin
    if (!appOrigin.test(origin) || /^file:/i.test(origin))
      throw new Error(
        'must hold origins such as https://chat.example, chrome-extension://<id>, app://obsidian.md or null, or *'
      )
    return origin.toLowerCase().replace(/\/$/, '')
  })
}

/** Reads calls a minute; `off` means no limit. */
export function parseRateLimit(text: string): number {
  if (/^off$/i.test(text)) return Infinity
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('must be calls per minute, such as 600, or off')
  return Number(text)
}

/** Reads `64MiB` or `1 GiB` into bytes; a file smaller than 1 MiB would hold nothing. */
export function parseSize(text: string): number {
  const bytes = parseBytes(text)
  if (bytes === undefined || bytes < 1024 ** 2)
    throw new Error('must be a size such as 64MiB or 1GiB, 1MiB at least')
  return bytes
}

/** Reads a folder, or the address of a database, which must be one. */
export function parseStore(text: string): string {
  if (isDatabaseAddress(text)) checkDatabaseAddress(text)
  else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new Error('must be a folder, or begin with postgres://: there are no other databases')
  return text
}

/** Reads what is sent as a bearer token. */
export function parseToken(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('must be printable ASCII without spaces')
  return text
}

const minSigningSecret = 32

/** Reads a secret for HS256, which needs 32 bytes (RFC 7518, 3.2). */
export function parseSigningSecret(text: string): string {
  if (parseToken(text).length < minSigningSecret)
    throw new Error(
      `must have at least ${minSigningSecret} characters; \`openssl rand -hex 24\` generates a good one`
    )
  return text
}

/** Checks an issuer, which is kept as it is: tokens hold the same characters. */
export function parseIssuer(text: string): string {
  if (!isSafeUrl(text) || /[?#@\s]/.test(text))
    throw new Error(
      'must be the https:// URL of the identity provider, as its tokens have it in iss (http:// on this machine only)'
    )
  return text
}

/** The audience that access tokens must be issued for. */
export interface Audience {
  /** The bridge's own public URL, where clients find it (RFC 8707, RFC 9728). */
  resource: string
  /** Every audience that is accepted, the URL included. */
  accepted: string[]
}

/** Reads the bridge's public URL, and further audiences that its provider writes instead. */
export function parseAudience(text: string): Audience {
  const [resource = '', ...others] = words(text)
  if (!/^https?:$/.test(toUrl(resource)?.protocol ?? '') || /[?#@\s]/.test(resource))
    throw new Error(
      'must begin with the public URL of the bridge, such as https://bridge.example/mcp; further audiences may follow, comma-separated'
    )
  return { resource, accepted: [...new Set([resource, ...others])] }
}

/** Reads `read,operate`. */
export function parseTokenScope(text: string): Scope[] {
  // Values of settings are not repeated.
  try {
    return parseScopes(text)
  } catch {
    throw new Error(`must be one or more of ${scopes.join(', ')}, comma-separated`)
  }
}

/** What words of the provider stand for here. */
export type ScopeMap = ReadonlyMap<string, readonly Scope[]>

/** Reads `ops=read,operate;admins=read,operate,lose`. */
export function parseScopeMap(text: string): ScopeMap {
  const entries = text.split(';').map((entry) => entry.trim())
  const map = new Map<string, Scope[]>()
  for (const entry of entries.filter((entry) => entry !== '')) {
    const at = entry.lastIndexOf('=')
    const word = entry.slice(0, Math.max(at, 0)).trim()
    if (word === '' || map.has(word))
      throw new Error('must look like ops=read,operate;admins=read,operate,lose, each name once')
    // Values of settings are not repeated.
    try {
      map.set(word, parseScopes(entry.slice(at + 1)))
    } catch {
      throw new Error(`must give each name some of ${scopes.join(', ')}: ops=read,operate`)
    }
  }
  if (map.size === 0) throw new Error('must look like ops=read,operate;admins=read,operate,lose')
  return map
}

/**
 * Reads `name=value,name=value`, the values encoded as in URLs, as OpenTelemetry writes such.
 * @param what names them, with an example
 */
export const parseOtelPairs =
  (what: string) =>
  (text: string): Readonly<Record<string, string>> => {
    const pairs: Record<string, string> = {}
    for (const word of words(text)) {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(.+)$/.exec(word) ?? []
      try {
        if (name === undefined || value === undefined) throw new Error('no pair')
        pairs[name] = decodeURIComponent(value)
      } catch {
        throw new Error(`must be ${what}, comma-separated, with the values encoded as in URLs`)
      }
    }
    return pairs
  }
