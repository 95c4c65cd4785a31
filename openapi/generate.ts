import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { buildUnconnectedApp } from './unconnected-app.ts'

/** Where the bridge's own document is committed. */
export const documentPath = join(packageRoot, 'openapi', 'scale-bridge.json')

/** The bridge's OpenAPI document as it serves it, formatted for a diff. */
export async function generateDocument(): Promise<string> {
  const app = await buildUnconnectedApp()
  const { body } = await app.inject('/openapi.json')
  await app.close()
  return `${JSON.stringify(JSON.parse(body), undefined, 2)}\n`
}

if (process.argv[1]?.endsWith('generate.ts')) writeFileSync(documentPath, await generateDocument())
