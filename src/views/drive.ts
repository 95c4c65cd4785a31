import type { Drive, Node } from '../hypercore/records/records.ts'
import { sum } from '../lib/sum.ts'
import { formatBytes, percentOf } from '../lib/text/units.ts'
import { bytes, type ListView } from './list-view.ts'
import { nodeCalled, nodePhrases } from './node.ts'

/** A drive with the address of its node. */
export type LocatedDrive = Drive & { node: string }

const driveFields = ({ disks: _, ...drive }: LocatedDrive) => ({
  ...drive,
  capacity: formatBytes(drive.capacityBytes),
  usedPercent: percentOf(drive.usedBytes, drive.capacityBytes)
})

type DriveFields = ReturnType<typeof driveFields>

const columns: readonly (keyof DriveFields)[] = [
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

export const driveView = (nodes: readonly Node[]): ListView<LocatedDrive, DriveFields> => ({
  describe: driveFields,
  summary: [...columns, 'temperatureThreshold', 'capacityBytes', 'usedBytes', 'nodeUUID'],
  columns,
  aliases: { size: 'capacity', used: 'usedPercent', healthy: 'isHealthy' },
  words: { node: nodeCalled(nodes), nodeUUID: nodeCalled(nodes, 'uuid') },
  phrases: nodePhrases(nodes, 'node'),
  measures: {
    capacity: bytes((drive) => drive.capacityBytes),
    capacityBytes: bytes((drive) => drive.capacityBytes),
    usedBytes: bytes((drive) => drive.usedBytes)
  }
})

/** What the hardware of a node says of one drive. */
export const driveInShort = ({ slot, type, capacityBytes, isHealthy }: Drive) => ({
  slot,
  type,
  capacityBytes,
  isHealthy
})

export type DriveInShort = ReturnType<typeof driveInShort>

/** Several drives in a few words: `4 SSD 7 TiB, 1 unhealthy` */
export function drivesText(drives: readonly DriveInShort[]): string {
  const types = [...new Set(drives.map(({ type }) => type))]
  const bad = drives.filter(({ isHealthy }) => !isHealthy).length
  const bytes = sum(drives, ({ capacityBytes }) => capacityBytes)
  const all = [drives.length, ...types, formatBytes(bytes)].join(' ')
  return bad === 0 ? all : `${all}, ${bad} unhealthy`
}
