import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** Settings for a bridge of its own process before a simulated cluster. */
export function clusterSettings(simulator: Simulator): Record<string, string> {
  const { user, password } = simulator.world.options
  return {
    SCALE_HOST: simulator.urls.map((url) => new URL(url).host).join(','),
    SCALE_USERNAME: user,
    SCALE_PASSWORD: password,
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: simulator.fingerprints.join(','),
    SCALE_EXPORT_URI: 'smb://backup:s3cret@archive.example/exports'
  }
}

/** A folder with the settings in `bridge.env`, and what `scale-bridge mcp` needs to use them. */
export async function clusterFolder(
  t: Teardown,
  simulator: Simulator,
  more: Record<string, string> = {}
): Promise<{ args: string[]; cwd: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'mcp-cluster-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true, maxRetries: 5 }))
  const lines = Object.entries({ ...clusterSettings(simulator), ...more })
  const text = lines.map(([name, value]) => `${name}=${value}\n`).join('')
  await writeFile(join(cwd, 'bridge.env'), text, { mode: 0o600 })
  return { args: ['--settings', 'bridge.env'], cwd }
}
