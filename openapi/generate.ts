import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '../src/app.ts'
import { loadBridgeConfig } from '../src/config.ts'
import { createLogger } from '../src/log.ts'
import { packageRoot } from '../src/package-info.ts'

/** Where the bridge's own document is committed. */
export const documentPath = join(packageRoot, 'openapi', 'scale-bridge.json')

/** The bridge's OpenAPI document as it serves it, formatted for a diff. */
export async function generateDocument(): Promise<string> {
  const app = await buildApp({
    config: loadBridgeConfig({}, 'not-used'),
    cluster: {
      nodes: ['https://127.0.0.1:1'],
      username: '',
      password: '',
      useOidc: false,
      tls: { mode: 'verify', fingerprints: [] },
      sessionMaxAgeMs: 1
    },
    logger: createLogger('silent')
  })
  const { body } = await app.inject('/openapi.json')
  await app.close()
  return `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`
}

if (process.argv[1]?.includes('generate')) writeFileSync(documentPath, await generateDocument())
