import type { Tool } from '../src/tools/define-tool.ts'
import type { ISO, VirtualDisk } from '../src/hypercore/records.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { formatBytes } from '../src/lib/units.ts'

export const isoRead = defineListTool<ISO>({
  name: 'iso_read',
  title: 'List the ISO images',
  description: 'Lists ISO images: uuid, name, size, where mounted.',
  tag: 'cluster',
  item: 'an ISO image',
  read: ({ hypercore, signal }) => hypercore.list('/ISO', { signal }),
  describe: ({ uuid, name, size, readyForInsert, mounts, path }) => ({
    uuid,
    name,
    size,
    sizeText: formatBytes(size),
    readyForInsert,
    mountedBy: mounts.map(({ vmName }) => vmName),
    mounts,
    path
  }),
  summary: ['uuid', 'name', 'size', 'sizeText', 'readyForInsert', 'mountedBy'],
  columns: ['uuid', 'name', 'sizeText', 'readyForInsert', 'mountedBy']
})

export const virtualDiskRead = defineListTool<VirtualDisk>({
  name: 'virtualDisk_read',
  title: 'List the uploaded disk images',
  description: 'Lists uploaded disk images. Disks of VMs are in getVM_details.',
  tag: 'cluster',
  item: 'a disk image',
  read: ({ hypercore, signal }) => hypercore.list('/VirtualDisk', { signal }),
  describe: (disk) => ({
    ...disk,
    capacity: formatBytes(disk.capacityBytes),
    allocated: formatBytes(disk.totalAllocationBytes)
  }),
  summary: ['uuid', 'name', 'capacityBytes', 'capacity', 'totalAllocationBytes', 'allocated'],
  columns: ['uuid', 'name', 'capacity', 'allocated']
})

export const storageTools: Tool[] = [isoRead, virtualDiskRead]
