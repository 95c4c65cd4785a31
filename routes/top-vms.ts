import { Type } from '@sinclair/typebox'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { Input, StringEnum } from '../src/tools/schemas.ts'
import { rankings, topVms, topVmsText, TopVms } from '../src/views/vm/top.ts'

const defaultLimit = 10

export const topVmsTool = defineTool({
  name: 'topVMs',
  title: 'Rank the VMs by load',
  description: 'Ranks VMs by load now, each with its share of its node.',
  tag: 'vm',
  annotations: readOnly,
  input: Input({
    by: Type.Optional(
      StringEnum(rankings, 'default iops', {
        disk: 'pass iops, throughput or latency',
        io: 'pass iops for operations, throughput for MiB/s',
        bandwidth: 'pass throughput for disks, network for NICs',
        memory: 'the cluster measures no memory use of VMs: node_read has that of nodes'
      })
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: defaultLimit,
        'x-hide-range': true,
        'x-unlisted': true
      })
    )
  }),
  output: TopVms,

  async run({ hypercore, signal, authority }, { by = 'iops', limit = defaultLimit }) {
    const [stats, vms, nodes] = await Promise.all([
      hypercore.list('/VirDomainStats', { signal }),
      hypercore.list('/VirDomain', { signal }),
      hypercore.list('/Node', { signal })
    ])
    const seesAll = authority.principal.vmTags === undefined
    return topVms({ vms, stats, nodes, seesAll }, by, limit)
  },
  text: topVmsText
})

export const topVmsTools: Tool[] = [topVmsTool]
