import { scopes } from '../../src/identity/scope.ts'
import type { BridgeConfig } from '../../src/config/config.ts'

export const testToken = 'test-token-0123456789'

/** Settings that leave everything open, so that a test restricts what it is about. */
export const testConfig: BridgeConfig = {
  token: testToken,
  tokenScope: [...scopes],
  host: '127.0.0.1',
  port: 0,
  allowedHosts: [],
  corsOrigins: [],
  logLevel: 'info',
  archive: undefined,
  duringUpdate: 'refuse',
  readOnly: false,
  runApi: 'any',
  approval: 'off',
  protectedTags: [],
  maxTargets: 100,
  writesPerMinute: Infinity,
  exportTargets: ['*'],
  importSources: ['*'],
  rateLimit: Infinity,
  directoryUrl: undefined,
  publicUrl: undefined,
  webhook: undefined,
  openWebUi: undefined,
  llm: undefined,
  oidc: undefined,
  otel: undefined,
  userTokenSecret: undefined,
  secrets: []
}
