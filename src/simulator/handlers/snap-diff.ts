import type { VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { internalError, type Call, type Handlers } from '../handler.ts'
import { blockBytes } from '../vms/snapshots.ts'

interface Body {
  snapshotSerialFrom: number
  snapshotSerialTo: number
}

type DeviceSnapshot = VirDomainSnapshot['deviceSnapshots'][number]

/** A change is reported in this many intervals at most. */
const maxIntervals = 8

/**
 * Which parts of a disk changed between two of its snapshots, from 9.6 on (FACTS 6.2: O): intervals
 * in bytes (I), the upper end not included. Serial 0 stands for the live disk. Nothing changes.
 */
function snapDiff(call: Call<Body>): unknown {
  const { snapshotSerialFrom: from, snapshotSerialTo: to } = call.body
  const uuid = call.params.uuid ?? ''
  const taken: DeviceSnapshot[] = []
  let capacity = 0
  for (const snapshot of call.world.state.snapshots.values()) {
    taken.push(...snapshot.deviceSnapshots.filter((device) => device.uuid === uuid))
    const disk = snapshot.domain.blockDevs.find((device) => device.uuid === uuid)
    capacity = Math.max(capacity, disk?.capacity ?? 0)
  }
  const known = (serial: number): boolean =>
    serial === 0 || taken.some((device) => device.serialNumber === serial)
  if (taken.length === 0 || !known(from) || !known(to)) throw internalError()

  const live = Math.max(...taken.map((device) => device.serialNumber)) + 1
  const [low, high] = [from || live, to || live].toSorted((a, b) => a - b) as [number, number]
  const blocks = taken
    .filter((device) => device.serialNumber > low && device.serialNumber <= high)
    .reduce((sum, device) => sum + device.blockCountDiff, 0)
  const total = Math.floor(capacity / blockBytes)
  const changed = Math.min(blocks, total)
  const count = Math.min(maxIntervals, changed)
  return Array.from({ length: count }, (_, i) => {
    const lower = Math.floor((i * total) / count)
    const size = Math.floor(((i + 1) * changed) / count) - Math.floor((i * changed) / count)
    return { lower: lower * blockBytes, upper: (lower + size) * blockBytes }
  })
}

export const snapDiffHandlers: Handlers = {
  'POST /VirDomainBlockDevice/{uuid}/snapDiff': snapDiff
}
