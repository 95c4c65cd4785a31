import type { Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { driveView } from '../src/views/drive.ts'
import { nodeNames, nodeView } from '../src/views/node.ts'

export const nodeRead = defineListTool({
  name: 'node_read',
  title: 'List the nodes',
  description: 'Lists nodes: uuid, address, status, whether usable, CPU, free memory.',
  tag: 'cluster',
  item: 'a node',
  read: ({ hypercore, signal }) => hypercore.list('/Node', { signal }),
  view: async ({ hypercore, signal }) => nodeView(await hypercore.knownList('/Node', { signal }))
})

export const driveRead = defineListTool({
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
  view: async ({ hypercore, signal }) => driveView(await hypercore.knownList('/Node', { signal }))
})

export const nodeTools: Tool[] = [nodeRead, driveRead]
