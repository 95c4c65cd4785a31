import { request } from 'node:http'
import { formatEnvValue } from '../../../src/config/env-text.ts'
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts'
import { clusterSettings } from '../../helper/cluster-settings.ts'

export const token = 'a-token-of-some-length'

export async function simulatorFor(
  t: { teardown(handler: () => unknown): void },
  speed = 50
): Promise<Simulator> {
  const simulator = await startSimulator({ vms: 3, speed })
  t.teardown(() => simulator.close())
  return simulator
}

/** The lines of a `.env` for a bridge in front of a simulator. */
export function envFor(simulator: Simulator, extra: Record<string, string> = {}): string {
  const values = {
    MCP_BEARER_TOKEN: token,
    ...clusterSettings(simulator),
    ...extra
  }
  return Object.entries(values)
    .map(([name, value]) => `${name}=${formatEnvValue(name, value)}\n`)
    .join('')
}

/** POST to a tool; resolves with the status when the answer is whole, and what it said. */
export async function callTool(url: string, tool: string, body = '{}'): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const call = request(`${url}/${tool}`, { method: 'POST', headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve([response.statusCode ?? 0, text]))
    })
    call.on('error', reject)
    call.end(body)
  })
}
