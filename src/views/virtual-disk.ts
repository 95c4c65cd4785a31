import type { VirtualDisk } from '../hypercore/records.ts'
import { formatBytes } from '../lib/units.ts'
import type { ListView } from './list-view.ts'

const virtualDiskFields = (disk: VirtualDisk) => ({
  ...disk,
  capacity: formatBytes(disk.capacityBytes),
  allocated: formatBytes(disk.totalAllocationBytes)
})

export const virtualDiskView: ListView<VirtualDisk, ReturnType<typeof virtualDiskFields>> = {
  describe: virtualDiskFields,
  summary: ['uuid', 'name', 'capacityBytes', 'capacity', 'totalAllocationBytes', 'allocated'],
  columns: ['uuid', 'name', 'capacity', 'allocated']
}
