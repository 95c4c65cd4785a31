import type { VirtualDisk } from '../hypercore/records/records.ts'
import { formatBytes } from '../lib/text/units.ts'
import { bytes, type ListView } from './list-view.ts'

const virtualDiskFields = (disk: VirtualDisk) => ({
  ...disk,
  capacity: formatBytes(disk.capacityBytes),
  allocated: formatBytes(disk.totalAllocationBytes)
})

export const virtualDiskView: ListView<VirtualDisk, ReturnType<typeof virtualDiskFields>> = {
  describe: virtualDiskFields,
  summary: ['uuid', 'name', 'capacityBytes', 'capacity', 'totalAllocationBytes', 'allocated'],
  columns: ['uuid', 'name', 'capacity', 'allocated'],
  aliases: { size: 'capacity' },
  measures: {
    capacity: bytes((disk) => disk.capacityBytes),
    capacityBytes: bytes((disk) => disk.capacityBytes),
    allocated: bytes((disk) => disk.totalAllocationBytes),
    totalAllocationBytes: bytes((disk) => disk.totalAllocationBytes)
  }
}
