import { packageVersion } from '../lib/files/package-info.ts'

/** Who the server says it is. */
export const serverInfo = {
  name: 'scale-bridge',
  title: 'SCALE Computing HyperCore',
  version: packageVersion
} as const

/** What the server can do. */
export const capabilities = { tools: {}, resources: {}, prompts: {}, completions: {} }

/** The lists are the same for one token until the bridge starts again. */
export const cacheHint = { ttlMs: 300_000, cacheScope: 'private' } as const
