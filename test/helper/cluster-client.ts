import { HyperCore, type HyperCoreOptions } from '../../src/hypercore/client.ts'

/** A line of the client's log. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn'
  fields: object
  message: string
}

export interface TestClient {
  client: HyperCore
  log: LogLine[]
}

type Teardown = { teardown(handler: () => unknown): void }

/**
 * A production client with a log that can be read, closed with the test. Knows the simulator's user,
 * trusts any certificate and keeps no session, unless told otherwise.
 */
export function clientFor(
  t: Teardown,
  nodes: readonly string[],
  options: Partial<HyperCoreOptions> = {}
): TestClient {
  const log: LogLine[] = []
  const note = (level: LogLine['level']) => (fields: object, message: string) => {
    log.push({ level, fields, message })
  }
  const client = new HyperCore({
    nodes,
    username: 'admin',
    password: 'admin',
    useOidc: false,
    tls: { mode: 'insecure', fingerprints: [] },
    sessionMaxAgeMs: 12 * 3600 * 1000,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn') },
    ...options
  })
  t.teardown(() => client.close())
  return { client, log }
}
