import type { Drive } from '../../hypercore/records.ts'
import { nodeColumns } from './node-summary.ts'
import { responseText } from '../text/text-form.ts'
import { formatBytes, rounded } from '../../lib/units.ts'

type Fields = Record<string, unknown>

const pick = (record: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, record[name]]))

/** The cluster in a few lines: what it is, and its nodes. */
export const clusterText = (cluster: Fields): string =>
  responseText({
    ...pick(cluster, ['uuid', 'clusterName', 'icosVersion']),
    nodes: (cluster['nodes'] as Fields[]).map((node) => pick(node, nodeColumns))
  })

/** `4 SSD 7 TiB, 1 unhealthy` */
function drivesInShort(drives: Pick<Drive, 'type' | 'capacityBytes' | 'isHealthy'>[]): string {
  const types = [...new Set(drives.map(({ type }) => type))]
  const bad = drives.filter(({ isHealthy }) => !isHealthy).length
  const bytes = drives.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0)
  const all = [drives.length, ...types, formatBytes(bytes)].join(' ')
  return bad === 0 ? all : `${all}, ${bad} unhealthy`
}

interface AssembledNode extends Fields {
  memSize: number
  CPUhz: number
  drives: Drive[]
}

/** The hardware: a record of the cluster's own as it is, the assembled one with sizes people read. */
export function hardwareText(spec: Fields): string {
  const { nodes, memSize: _, driveCapacityBytes: __, ...whole } = spec
  if (spec['source'] === 'ClusterSpec') return responseText(spec)
  return responseText({
    ...whole,
    nodes: (nodes as AssembledNode[]).map((node) => ({
      ...pick(node, ['uuid', 'lanIP', 'usable', 'numCores', 'numThreads']),
      cpu: `${rounded(node.CPUhz / 1e9)} GHz`,
      memory: formatBytes(node.memSize),
      drives: drivesInShort(node.drives)
    }))
  })
}
