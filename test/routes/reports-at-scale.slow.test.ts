import t from 'tap'
import { estimateTokens } from '../../src/views/text/token-estimate.ts'
import { startTestBridge } from '../helper/bridge.ts'
import { connectMcp } from '../helper/mcp-client.ts'

const reports = [
  {
    tool: 'attention',
    maxTokens: 700,
    says: /^\d+ ERROR, [^]* and \d+ more; next: vm_read/,
    lists: [
      'Condition/filter',
      'Node',
      'RemoteClusterConnection',
      'TimeZone',
      'Update',
      'VirDomain',
      'VirDomainReplication',
      'VirDomainSnapshot',
      'VirDomainSnapshotSchedule'
    ]
  },
  {
    tool: 'protection_report',
    maxTokens: 700,
    says: /^\d+ of \d+ VMs /,
    lists: ['TaskTag', 'VirDomain', 'VirDomainReplication', 'VirDomainSnapshot']
  },
  {
    tool: 'topVMs',
    maxTokens: 400,
    says: /^top 10 of /,
    lists: ['Node', 'VirDomain', 'VirDomainStats']
  }
]

for (const vms of [100, 1000])
  t.test(`${vms} VMs: each list is read once, and the report is short`, async (t) => {
    const bridge = await startTestBridge(t, { simulator: { vms } })
    const client = await connectMcp(t, bridge)
    await bridge.call('ping_read')
    for (const { tool, maxTokens, says, lists } of reports) {
      bridge.simulator.requests.length = 0
      const { text } = await bridge.call(tool, {}, { accept: 'text/plain' })
      const asked = bridge.simulator.requests.map(({ method, path }) => `${method} ${path}`)
      t.same(
        asked.filter((line) => !line.includes('update_status')).toSorted(),
        lists.map((list) => `GET /rest/v1/${list}`),
        tool
      )
      const tokens = estimateTokens(text)
      t.comment(`${tool}: ${tokens} tokens\n${text}`)
      t.ok(tokens <= maxTokens, `${tool}: ${tokens} tokens`)
      t.match(text, says, tool)
      const { content } = await client.callTool({ name: tool, arguments: {} })
      t.match(content, [{ type: 'text', text: says }], `${tool} over MCP`)
    }
  })
