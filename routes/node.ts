import type { Tool } from '../src/tools/define-tool.ts'
import type { Drive, Node } from '../src/hypercore/records.ts'
import { nodeColumns, summariseNode } from '../src/views/cluster/node-summary.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { formatBytes, percentOf } from '../src/lib/units.ts'
import { nodeNames } from '../src/views/vm/summary.ts'

export const nodeRead = defineListTool<Node>({
  name: 'node_read',
  title: 'List the nodes',
  description: 'Lists nodes: uuid, address, status, whether usable, CPU, free memory.',
  tag: 'cluster',
  item: 'a node',
  read: ({ hypercore, signal }) => hypercore.list('/Node', { signal }),
  describe: summariseNode,
  columns: nodeColumns
})

export const driveRead = defineListTool<Drive & { node: string }>({
  name: 'drive_read',
  title: 'List the drives',
  description: 'Lists physical drives: slot, type, health, errors, temperature, use.',
  tag: 'cluster',
  item: 'a drive',
  async read({ hypercore, signal }) {
    const [drives, nodes] = await Promise.all([
      hypercore.list('/Drive', { signal }),
      hypercore.list('/Node', { signal })
    ])
    const names = nodeNames(nodes)
    return drives.map((drive) => ({ ...drive, node: names.get(drive.nodeUUID) ?? '' }))
  },
  describe: ({ disks: _, ...drive }) => ({
    ...drive,
    capacity: formatBytes(drive.capacityBytes),
    usedPercent: percentOf(drive.usedBytes, drive.capacityBytes)
  }),
  summary: [
    'uuid',
    'node',
    'slot',
    'type',
    'isHealthy',
    'errorCount',
    'reallocatedSectors',
    'temperature',
    'temperatureThreshold',
    'capacity',
    'usedPercent',
    'capacityBytes',
    'usedBytes',
    'nodeUUID'
  ],
  columns: [
    'uuid',
    'node',
    'slot',
    'type',
    'isHealthy',
    'errorCount',
    'reallocatedSectors',
    'temperature',
    'capacity',
    'usedPercent'
  ]
})

export const nodeTools: Tool[] = [nodeRead, driveRead]
