import { Type } from '@sinclair/typebox'
import { BridgeError } from '../src/lib/errors/errors.ts'
import { defineTool, readOnly, type Tool } from '../src/tools/define-tool.ts'
import { ClusterRecord, NoInput } from '../src/tools/schemas.ts'
import { readClock } from '../src/tools/read/zone.ts'
import { clockFields } from '../src/views/clock.ts'
import { clusterCard, type ClusterFields, clusterFields } from '../src/views/cluster/card.ts'
import {
  assembledHardware,
  type Hardware,
  hardwareCard,
  recordedHardware
} from '../src/views/cluster/hardware.ts'

const clockProperties = {
  time: Type.String({ description: "the cluster's, in timeZone" }),
  timeZone: Type.String()
}

export const pingRead = defineTool({
  name: 'ping_read',
  title: 'Check that the cluster responds',
  description: 'Pings the cluster. Use it when other tools fail.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: Type.Object({ status: Type.String(), node: Type.String(), ...clockProperties }),

  async run(context) {
    const { hypercore, signal } = context
    const [{ body, node }, clock] = await Promise.all([
      hypercore.request({ method: 'GET', path: '/ping', signal }),
      readClock(context)
    ])
    const status = (body as { status?: string } | undefined)?.status ?? 'unknown'
    return { status, node, ...clockFields(clock) }
  }
})

export const clusterRead = defineTool({
  name: 'cluster_read',
  title: 'Show the cluster',
  description: 'Shows the cluster: name, version, time and zone, nodes.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: ClusterRecord<ClusterFields>('the Cluster record with its nodes', {
    clusterName: Type.String(),
    icosVersion: Type.String(),
    ...clockProperties,
    nodes: Type.Array(ClusterRecord('a node in short')),
    update: Type.Optional(ClusterRecord('the update that is running, or the last one if it failed'))
  }),

  async run(context) {
    const { hypercore, signal } = context
    const [cluster, nodes, update, clock] = await Promise.all([
      hypercore.cluster({ signal }),
      hypercore.list('/Node', { signal }),
      hypercore.updates.look(),
      readClock(context)
    ])
    return clusterFields(cluster, nodes, update, clock)
  },
  text: clusterCard
})

export const clusterSpecRead = defineTool({
  name: 'clusterSpec_read',
  title: 'Show the hardware of the cluster',
  description: 'Shows the hardware: CPUs, memory, drives, per node.',
  tag: 'cluster',
  annotations: readOnly,
  input: NoInput,
  output: ClusterRecord<Hardware>('hardware of the cluster', {
    source: Type.String({ description: 'ClusterSpec, or what it was assembled from' })
  }),

  async run(context) {
    const { hypercore, signal } = context
    try {
      const { body } = await hypercore.request({ method: 'GET', path: '/ClusterSpec', signal })
      const record: unknown = Array.isArray(body) ? body[0] : body
      if (typeof record === 'object' && record !== null) return recordedHardware(record)
    } catch (error) {
      // Absent on many versions (FACTS 13.1, X): 404, or a refusal to know the path.
      if (!(error instanceof BridgeError) || error.code !== 'CLUSTER_REFUSED') throw error
    }
    const [cluster, nodes, drives] = await Promise.all([
      hypercore.cluster({ signal }),
      hypercore.list('/Node', { signal }),
      hypercore.list('/Drive', { signal })
    ])
    return assembledHardware(cluster, nodes, drives)
  },
  text: hardwareCard
})

export const clusterTools: Tool[] = [pingRead, clusterRead, clusterSpecRead]
