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
  logLevel: {
    part: 'bridge',
    name: 'LOG_LEVEL',
    meaning: 'pino log level',
    parse: oneOf(logLevels),
    fallback: 'info'
  }
} as const satisfies Record<string, Setting>
