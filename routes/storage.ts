import type { FastifyPluginAsync } from 'fastify'
import type { ISO, VirtualDisk } from '../src/hypercore/records.ts'
import { defineListTool } from '../src/tools/read-list.ts'
import { formatBytes } from '../src/tools/units.ts'

export const isoRead = defineListTool<ISO>({
  name: 'iso_read',
  title: 'List the ISO images',
  description:
    'Lists the ISO images on the cluster: uuid, name, size, whether it is ready to be inserted, and ' +
    'the VMs that have it mounted. createVM takes the uuid as isoUUID.',
  tag: 'cluster',
  item: 'an ISO image',
  read: ({ hypercore, signal }) => hypercore.list<ISO>('/ISO', { signal }),
  summarise: (iso) => ({ ...iso, sizeText: formatBytes(iso.size) })
})

export const virtualDiskRead = defineListTool<VirtualDisk>({
  name: 'virtualDisk_read',
  title: 'List the uploaded disk images',
  description:
    'Lists disk images that were uploaded to the cluster and can be attached to VMs. Disks of VMs ' +
    'are not here: getVM_details shows them.',
  tag: 'cluster',
  item: 'a disk image',
  read: ({ hypercore, signal }) => hypercore.list<VirtualDisk>('/VirtualDisk', { signal }),
  summarise: (disk) => ({ ...disk, capacity: formatBytes(disk.capacityBytes) })
})

export const storageRoutes: FastifyPluginAsync = async (app) => {
  app.addTool(isoRead)
  app.addTool(virtualDiskRead)
}
