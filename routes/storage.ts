import type { FastifyPluginAsync } from 'fastify'
import type { ISO, VirtualDisk } from '../src/hypercore/records.ts'
import { defineListTool } from '../src/tools/list/read-list.ts'
import { formatBytes } from '../src/lib/units.ts'

export const isoRead = defineListTool<ISO>({
  name: 'iso_read',
  title: 'List the ISO images',
  description: 'Lists ISO images: uuid, name, size, where mounted.',
  tag: 'cluster',
  item: 'an ISO image',
  read: ({ hypercore, signal }) => hypercore.list<ISO>('/ISO', { signal }),
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
  read: ({ hypercore, signal }) => hypercore.list<VirtualDisk>('/VirtualDisk', { signal }),
  describe: (disk) => ({
    ...disk,
    capacity: formatBytes(disk.capacityBytes),
    allocated: formatBytes(disk.totalAllocationBytes)
  }),
  summary: ['uuid', 'name', 'capacityBytes', 'capacity', 'totalAllocationBytes', 'allocated'],
  columns: ['uuid', 'name', 'capacity', 'allocated']
})

export const storageRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(isoRead)
  app.addTool(virtualDiskRead)
}
