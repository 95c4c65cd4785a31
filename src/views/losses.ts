import { counted, formatBytes } from '../lib/text/units.ts'
import type { Losses } from '../policy/losses.ts'

/** What would be lost with a record, for a list: `2 disks, 120 GiB`, `3 snapshots`. */
export function lossWords(losses: Losses): string[] {
  switch (losses.kind) {
    case 'vm': {
      const { disks, bytes, snapshots, replications } = losses
      return [
        ...(disks > 0 ? [`${counted(disks, 'disk')}, ${formatBytes(bytes)}`] : []),
        ...(snapshots > 0 ? [counted(snapshots, 'snapshot')] : []),
        ...(replications > 0 ? [counted(replications, 'replication')] : [])
      ]
    }
    case 'data': {
      const { bytes } = losses
      return [bytes === undefined ? 'the data on it' : `the data on it, ${formatBytes(bytes)}`]
    }
    case 'snapshot':
      return ['the state of the VM at that time']
    case 'nothing':
      return []
  }
}
