import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner } from '../eval/owner.ts'
import { freePort } from '../helper/ports.ts'
import { startSpawnedCli } from '../helper/spawn-cli.ts'

/** A demo as a process of its own, that clients are tried with. */
export interface TrialBridge {
  url: string
  token: string
  /** A record or list of the cluster as JSON, past the client that is tried. */
  read(path: string): Promise<string>
}

/** Slower than the demo: an export takes some fifteen seconds. */
const speed = '0.5'

export async function startTrialBridge(owner: Owner): Promise<TrialBridge> {
  const folder = await mkdtemp(join(tmpdir(), 'scale-bridge-clients-'))
  owner.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = String(await freePort())
  const demo = startSpawnedCli(owner, ['demo', '--port', port, '--speed', speed], { cwd: folder })
  const [, token = ''] = await demo.printed(/MCP_BEARER_TOKEN=(\S+)/)
  const url = `http://127.0.0.1:${port}`
  const read = async (path: string): Promise<string> => {
    const response = await fetch(`${url}/run_api`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method: 'GET', query: path })
    })
    return response.text()
  }
  return { url, token, read }
}
