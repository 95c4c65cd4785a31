import {
  asGiven,
  oneOf,
  parseHosts,
  parseOrigins,
  parsePort,
  parsePublicUrl,
  parseRateLimit
} from './setting-values.ts'
import type { Setting } from './setting.ts'
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** How the bridge is reached, and what it logs. */
export const listenSettings = {
  host: {
    part: 'bridge',
    name: 'HOST',
    meaning: 'address the bridge listens on; `0.0.0.0` for all',
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
    meaning:
      'the address that people open in a browser, for links to [the console](approvals.md): `https://bridge.example`; its name must be in `ALLOWED_HOSTS`',
    shownDefault: '`http://HOST:PORT`',
    parse: parsePublicUrl
  },
  /** Names in lower case, without port; loopback always passes. */
  allowedHosts: {
    part: 'bridge',
    name: 'ALLOWED_HOSTS',
    meaning: 'additional names the bridge may be called by, comma-separated, without port',
    parse: parseHosts,
    fallback: ''
  },
  /** `*` for all. */
  corsOrigins: {
    part: 'bridge',
    name: 'CORS_ORIGINS',
    meaning:
      'web pages that may call the bridge from a browser, comma-separated: `https://chat.example`, or `*`; also extensions and apps: `chrome-extension://<id>`, `app://obsidian.md`, `vscode-webview://<id>`, `null` for files and sandboxed pages',
    parse: parseOrigins,
    fallback: ''
  },
  /** In calls a minute; Infinity for none. */
  rateLimit: {
    part: 'bridge',
    name: 'RATE_LIMIT',
    meaning:
      'calls that one token may make in a minute, or `off`; beyond it a call is refused with `RATE_LIMITED` and `Retry-After`',
    parse: parseRateLimit,
    fallback: '12000'
  },
  logLevel: {
    part: 'bridge',
    name: 'LOG_LEVEL',
    meaning:
      "`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`; the demo's default is `warn`",
    parse: oneOf(logLevels),
    fallback: 'info'
  }
} as const satisfies Record<string, Setting>
