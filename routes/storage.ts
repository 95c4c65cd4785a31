import type { Tool } from '../src/tools/define-tool.ts'
import { defineListTool } from '../src/tools/list/define-list-tool.ts'
import { isoView } from '../src/views/iso.ts'
import { virtualDiskView } from '../src/views/virtual-disk.ts'

export const isoRead = defineListTool({
  name: 'iso_read',
  title: 'List the ISO images',
  description: 'Lists ISO images: uuid, name, size, where mounted.',
  tag: 'cluster',
  item: 'an ISO image',
  read: ({ hypercore, signal }) => hypercore.list('/ISO', { signal }),
  view: isoView
})

export const virtualDiskRead = defineListTool({
  name: 'virtualDisk_read',
  title: 'List the uploaded disk images',
  description: 'Lists uploaded disk images. Disks of VMs are in getVM_details.',
  tag: 'cluster',
  item: 'a disk image',
  read: ({ hypercore, signal }) => hypercore.list('/VirtualDisk', { signal }),
  view: virtualDiskView
})

export const storageTools: Tool[] = [isoRead, virtualDiskRead]
