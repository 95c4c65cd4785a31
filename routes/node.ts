import type { FastifyPluginAsync } from 'fastify'
import type { Drive, Node } from '../src/hypercore/records.ts'
import { summariseNode } from '../src/tools/node-summary.ts'
import { defineListTool } from '../src/tools/read-list.ts'
import { formatBytes } from '../src/tools/units.ts'

export const nodeRead = defineListTool<Node>({
  name: 'node_read',
  title: 'List the nodes',
  description:
    'Lists the nodes of the cluster with uuid, address, status, CPU and memory use. The uuid is ' +
    'what changeVM_state wants as nodeUUID; choose a node with usable true and enough memoryFree.',
  tag: 'cluster',
  item: 'a node',
  read: ({ hypercore, signal }) => hypercore.list<Node>('/Node', { signal }),
  summarise: summariseNode
})

export const driveRead = defineListTool<Drive>({
  name: 'drive_read',
  title: 'List the drives',
  description:
    'Lists the physical drives of all nodes: slot, type, health, errors, temperature in °C, and how ' +
    'full they are. filter isHealthy:false finds the bad ones.',
  tag: 'cluster',
  item: 'a drive',
  read: ({ hypercore, signal }) => hypercore.list<Drive>('/Drive', { signal }),
  summarise: ({ disks: _, ...drive }) => ({
    ...drive,
    capacity: formatBytes(drive.capacityBytes),
    usedPercent:
      drive.capacityBytes > 0 ? Math.round((100 * drive.usedBytes) / drive.capacityBytes) : 0
  })
})

export const nodeRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(nodeRead)
  app.addTool(driveRead)
}
