import type { VirDomainBlockDevice, VirtualDisk } from '../../hypercore/records/records.ts'
import { frontPage } from '../front-pages.ts'
import { ApiError, internalError, written, type Call, type Handlers } from '../handler.ts'
import { isAtLeast } from '../version-order.ts'
import { TaskFailure } from '../tasks.ts'
import { announcedSize, receive, refuseUpload, type Received } from '../uploads.ts'
import { addBlockDevice, given } from '../vms/build.ts'
import { startVmTask, targetVM } from '../vms/vm-task.ts'
import { readHandlers } from './records.ts'

const blockSize = 1048576
const visibleMs = 1000
const tinyBytes = 65536
const fileTypes = /\.(qcow2|vmdk|vhd|vhdx|img|raw)$/i
const unfinished = /^(uploading|converting)-/

const wholeBlocks = (bytes: number): number => Math.ceil(bytes / blockSize) * blockSize

const sectorBytes = 512

/**
 * The size of the disk in an image: qcow2, vmdk and dynamic vhd tell it in their header (FACTS 24,
 * high for vmdk), a raw image is as large as its disk.
 */
function capacityOf({ bytes, head }: Received): number {
  const begins = (magic: string): boolean =>
    head.length >= 64 && head.toString('latin1', 0, magic.length) === magic
  if (begins('QFI\u00fb')) return Number(head.readBigUInt64BE(24))
  if (begins('KDMV')) return Number(head.readBigUInt64LE(12)) * sectorBytes
  if (begins('conectix')) return Number(head.readBigUInt64BE(48))
  return bytes
}

/** Two to sixty seconds, by size: the tag does not cover it (FACTS 12: O). */
function convert(call: Call, disk: VirtualDisk, name: string): void {
  disk.name = `converting-${name}`
  const ms = Math.min(60_000, 2000 + disk.capacityBytes / 1_000_000)
  call.world.clock.after(ms, () => {
    disk.name = name
  })
}

/** Takes an image in; its name tells how far it is: uploading-, converting-, then its own. */
async function upload(call: Call): Promise<unknown> {
  const { world, raw, query } = call
  const { virtualDisks } = world.state
  const name = query.get('filename') ?? ''
  if (!fileTypes.test(name)) return refuseUpload(raw, 400, 'File type is invalid')
  const size = announcedSize(raw)
  if (size !== Number(query.get('filesize')))
    return refuseUpload(raw, 400, `filesize differs from the Content-Length ${size}`)
  const uuid = world.random.uuid()
  const disk: VirtualDisk = {
    uuid,
    name: `uploading-${name}`,
    capacityBytes: size,
    totalAllocationBytes: 0,
    blockSize,
    replicationFactor: 2
  }
  virtualDisks.set(uuid, disk)
  try {
    const received = await receive(raw)
    // Seen on 9.8.2: a tiny vmdk takes the API down for this call (FACTS 19, O).
    const chokes = isAtLeast(world.options.version, '9.8.2') && /\.vmdk$/i.test(name)
    if (chokes && received.bytes <= tinyBytes) {
      virtualDisks.delete(uuid)
      return frontPage(502)
    }
    disk.capacityBytes = capacityOf(received)
    const { bytes, sha256 } = received
    world.state.uploads.set(uuid, { bytes, sha256 })
    disk.totalAllocationBytes = wholeBlocks(received.bytes)
  } catch (error) {
    virtualDisks.delete(uuid)
    throw error
  }
  const tag = world.tasks.start({
    description: 'Upload Virtual Disk %@',
    parameters: [name],
    objectUUID: uuid,
    sessionID: call.sessionID,
    nodeUUIDs: [call.nodeUUID],
    durationMs: 1000,
    locks: [uuid],
    finish: () => convert(call, disk, name),
    undo: () => virtualDisks.delete(uuid)
  })
  return written(tag, uuid)
}

function target({ world, params }: Call): VirtualDisk {
  const disk = world.state.virtualDisks.get(params.uuid ?? '')
  if (disk === undefined) throw internalError()
  return disk
}

interface AttachBody {
  options: { readOnly?: boolean }
  template: Partial<VirDomainBlockDevice> &
    Pick<VirDomainBlockDevice, 'virDomainUUID' | 'type' | 'capacity'>
}

/** Clones the image into a new block device, at least as large; the image stays (FACTS 12: S, O). */
function attach(call: Call<AttachBody>): unknown {
  const { world, body } = call
  const { template, options } = body
  if (template.capacity < 0) throw new ApiError(400, 'capacity must not be negative')
  const disk = target(call)
  const vm = targetVM(world, template.virDomainUUID)
  const uuid = world.random.uuid()
  const tag = startVmTask(call, {
    vm,
    alsoLocks: [disk.uuid],
    description: 'Attach Virtual Disk %@ to Virtual Machine %@',
    parameters: [disk.name, vm.name],
    durationMs: 1000,
    check() {
      if (unfinished.test(disk.name) || world.state.virtualDisks.get(disk.uuid) !== disk)
        throw new TaskFailure("Unable to attach Virtual Disk '%@': it is not ready", [disk.name])
    },
    finish() {
      addBlockDevice(world, vm, {
        ...given(template, ['cacheMode', 'slot', 'disableSnapshotting', 'tieringPriorityFactor']),
        uuid,
        type: template.type,
        capacity: Math.max(template.capacity, disk.capacityBytes),
        allocation: disk.totalAllocationBytes,
        readOnly: options.readOnly ?? false
      })
    }
  })
  return written(tag, uuid)
}

/** No task; the record disappears about a second later (FACTS 4.1: O). */
function remove(call: Call): unknown {
  const { uuid } = target(call)
  call.world.clock.after(visibleMs, () => call.world.state.virtualDisks.delete(uuid))
  return written()
}

/** Uploaded disk images (FACTS 12). */
export const virtualDiskHandlers: Handlers = {
  ...readHandlers('/VirtualDisk', ({ world }) => world.state.virtualDisks.values()),
  'PUT /VirtualDisk/upload': upload,
  'POST /VirtualDisk/{uuid}/attach': attach,
  'DELETE /VirtualDisk/{uuid}': remove
}
