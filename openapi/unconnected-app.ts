import type { FastifyInstance } from 'fastify'
import { buildApp } from '../src/app.ts'
import { loadBridgeConfig } from '../src/config/config.ts'
import { createLogger } from '../src/config/log.ts'
import { Outgoing } from '../src/lib/secrets/outgoing.ts'

/** The bridge as an application that has no cluster: for what is written about its tools. */
export const buildUnconnectedApp = (): Promise<FastifyInstance> => {
  const outgoing = new Outgoing([])
  return buildApp({
    config: loadBridgeConfig({}, 'not-used'),
    cluster: {
      nodes: ['https://127.0.0.1:1'],
      username: '',
      password: '',
      useOidc: false,
      tls: { mode: 'verify', fingerprints: [] },
      sessionMaxAgeMs: 1
    },
    logger: createLogger('silent', outgoing),
    outgoing
  })
}
