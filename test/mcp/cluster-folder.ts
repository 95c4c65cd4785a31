import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { clusterSettings } from '../helper/cluster-settings.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** A folder with the settings in `bridge.env`, and what `scale-bridge mcp` needs to use them. */
export async function clusterFolder(
  t: Teardown,
  simulator: Simulator,
  more: Record<string, string> = {}
): Promise<{ args: string[]; cwd: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'mcp-cluster-'))
  t.teardown(() => rm(cwd, { recursive: true, force: true, maxRetries: 5 }))
  const lines = Object.entries({
    ...clusterSettings(simulator),
    SCALE_EXPORT_URI: 'smb://backup:s3cret@archive.example/exports',
    ...more
  })
  const text = lines.map(([name, value]) => `${name}=${value}\n`).join('')
  await writeFile(join(cwd, 'bridge.env'), text, { mode: 0o600 })
  return { args: ['--settings', 'bridge.env'], cwd }
}
