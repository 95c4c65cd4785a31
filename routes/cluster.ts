import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors.ts'
import type { Node } from '../src/hypercore/records.ts'
import { clusterText, hardwareText } from '../src/views/cluster/hardware.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { summariseNode } from '../src/views/cluster/node-summary.ts'
import { ClusterRecord, NoInput } from '../src/tools/schemas.ts'
import { formatBytes } from '../src/lib/units.ts'

export const pingRead = defineTool({
  name: 'ping_read',
  title: 'Check that the cluster answers',
  description: 'Asks the cluster for a sign of life. Use it when other tools fail.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: Type.Object({ status: Type.String(), node: Type.String() }),

  async run({ hypercore, signal }) {
    const { body, node } = await hypercore.request({ method: 'GET', path: '/ping', signal })
    return { status: (body as { status?: string } | undefined)?.status ?? 'unknown', node }
  }
})

export const clusterRead = defineTool({
  name: 'cluster_read',
  title: 'Show the cluster',
  description: 'Shows the cluster: name, version, nodes.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: ClusterRecord('the Cluster record with its nodes', {
    clusterName: Type.String(),
    icosVersion: Type.String(),
    nodes: Type.Array(ClusterRecord('a node in short'))
  }),

  async run(context) {
    const { hypercore, signal } = context
    const [cluster, nodes] = await Promise.all([
      hypercore.cluster({ signal }),
      hypercore.list('/Node', { signal })
    ])
    return { ...cluster, nodes: nodes.map(summariseNode) }
  },
  text: clusterText
})

export const clusterSpecRead = defineTool({
  name: 'clusterSpec_read',
  title: 'Show the hardware of the cluster',
  description: 'Shows the hardware: CPUs, memory, drives, per node.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: ClusterRecord('hardware of the cluster', {
    source: Type.String({ description: 'ClusterSpec, or what it was assembled from' })
  }),

  async run(context) {
    const { hypercore, signal } = context
    try {
      const { body } = await hypercore.request({ method: 'GET', path: '/ClusterSpec', signal })
      const record: unknown = Array.isArray(body) ? body[0] : body
      if (typeof record === 'object' && record !== null) return { source: 'ClusterSpec', ...record }
    } catch (error) {
      // Absent on many versions (FACTS 13.1, X): 404, or a refusal to know the path.
      if (!(error instanceof BridgeError) || error.code !== 'CLUSTER_REFUSED') throw error
    }
    const [cluster, nodes, drives] = await Promise.all([
      hypercore.cluster({ signal }),
      hypercore.list('/Node', { signal }),
      hypercore.list('/Drive', { signal })
    ])
    const sum = (pick: (node: Node) => number): number =>
      nodes.reduce((total, node) => total + pick(node), 0)
    const driveBytes = drives.reduce((total, drive) => total + drive.capacityBytes, 0)
    return {
      source: 'assembled from Cluster, Node and Drive: this cluster has no ClusterSpec',
      clusterName: cluster.clusterName,
      icosVersion: cluster.icosVersion,
      nodeCount: nodes.length,
      numSockets: sum((node) => node.numSockets),
      numCores: sum((node) => node.numCores),
      numThreads: sum((node) => node.numThreads),
      memSize: sum((node) => node.memSize),
      memory: formatBytes(sum((node) => node.memSize)),
      driveCount: drives.length,
      driveCapacityBytes: driveBytes,
      driveCapacity: formatBytes(driveBytes),
      nodes: nodes.map((node) => ({
        ...summariseNode(node),
        CPUhz: node.CPUhz,
        numCores: node.numCores,
        numThreads: node.numThreads,
        drives: drives
          .filter((drive) => drive.nodeUUID === node.uuid)
          .map(({ slot, type, capacityBytes, isHealthy }) => ({
            slot,
            type,
            capacityBytes,
            isHealthy
          }))
      }))
    }
  },
  text: hardwareText
})

export const clusterTools: Tool[] = [pingRead, clusterRead, clusterSpecRead]
