import type { Test } from 'tap'
import { estimateTokens } from '../../src/views/text/token-estimate.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

/** `around` reads nothing twice, and its text is short, on a cluster of `vms` VMs. */
export async function lookAround(t: Test, vms: number): Promise<void> {
  const bridge = await startTestBridge(t, { simulator: { vms } })
  const client = await connectMcp(t, bridge)
  await bridge.call('snapshotVM', { vmUUID: 'sql-prod-01', label: 'now', wait: 60 })
  for (const target of [
    'sql-prod-01',
    '10.20.0.12',
    'sql-prod-01 D:',
    'now',
    '10.20.0.12 slot 3'
  ]) {
    bridge.simulator.requests.length = 0
    const shown = await bridge.call('around', { target }, { accept: 'text/plain' })
    const asked = bridge.simulator.requests
      .map(({ method, path }) => `${method} ${path}`)
      .filter((line) => !line.includes('update_status'))
    t.equal(new Set(asked).size, asked.length, `${target}: ${asked.join(', ')}`)
    const tokens = estimateTokens(shown.text)
    t.comment(`${target}: ${tokens} tokens, ${asked.length} requests\n${shown.text}`)
    t.ok(tokens <= 1500, `${target}: ${tokens} tokens`)
    const { content } = await client.callTool({ name: 'around', arguments: { target } })
    t.match(content, [{ type: 'text', text: /^kind: / }])
  }
}
