import type { Drive, Node } from '../../hypercore/records/records.ts'
import type { Random } from '../random.ts'
import type { ClusterState } from '../state.ts'
import { GiB } from './epoch.ts'

const drivesPerNode = 4
const driveSizes = [1920383410176, 3840755982336, 7681501126656, 15362991415296]
const smallestMemory = 128 * GiB
const systemMemory = 6 * GiB

/** A drive of the sizes on sale that holds this many bytes, or the largest. */
const driveSizeFor = (bytes: number): number =>
  driveSizes.find((size) => size * 0.8 > bytes) ?? Math.ceil(bytes / 0.8)

function createDrive(random: Random, nodeUUID: string, slot: number): Drive {
  const serialNumber = `S6ESNX0T${random.int(100000, 999999)}`
  const uuid = `SAMSUNG_MZ7L31T9_${serialNumber}`
  const temperature = random.int(27, 36)
  return {
    uuid,
    slot,
    serialNumber,
    type: 'SSD',
    nodeUUID,
    desiredDisposition: 'IN',
    currentDisposition: 'IN',
    capacityBytes: 0,
    usedBytes: 0,
    disks: {},
    isHealthy: true,
    reallocatedSectors: 0,
    errorCount: 0,
    blockDevicePath: `/dev/sd${'abcdefgh'[slot]}`,
    hasTemperature: true,
    temperature,
    hasMaxTemperature: true,
    maxTemperature: temperature + random.int(8, 16),
    hasTemperatureThreshold: true,
    temperatureThreshold: 70
  }
}

/** The nodes at these addresses, with empty drives, whose sizes depend on the VMs. */
export function createNodes(lanAddresses: readonly string[], random: Random): Node[] {
  return lanAddresses.map((lanIP, i) => {
    const uuid = random.uuid()
    const drives = Array.from({ length: drivesPerNode }, (_, slot) =>
      createDrive(random, uuid, slot)
    )
    return {
      uuid,
      backplaneIP: `10.0.0.${i + 1}`,
      lanIP,
      configState: 0,
      activeVersion: 0,
      capacity: 0,
      drives,
      vips: [],
      memSize: smallestMemory,
      numCPUs: 32,
      CPUhz: 2400000000,
      numNUMANodes: 1,
      numSockets: 1,
      numCores: 16,
      numThreads: 32,
      networkStatus: 'ONLINE',
      supportsVirtualization: true,
      virtualizationOnline: true,
      pairedNodeUUID: '',
      scribeInstanceName: `scribe-${i + 1}`,
      peerID: i + 1,
      numSlots: drivesPerNode,
      systemMemUsageBytes: systemMemory,
      memUsagePercentage: 0,
      gpus: [],
      currentDisposition: 'IN',
      desiredDisposition: 'IN',
      cpuUsage: 0,
      totalMemUsageBytes: systemMemory,
      allowRunningVMs: true
    }
  })
}

/** The memory nodes of this size come with that leaves a third of it free for running VMs. */
export function memorySizeFor(runningBytes: number, nodes: number): number {
  let size = smallestMemory
  while ((size - systemMemory) * nodes * 0.67 < runningBytes) size *= 2
  return size
}

/** Nodes with more memory come with more processors. */
export function giveMemory(node: Node, memSize: number): void {
  const factor = Math.min(8, memSize / smallestMemory)
  node.memSize = memSize
  node.numSockets = factor > 2 ? 2 : 1
  node.numNUMANodes = node.numSockets
  node.numCores = 16 * factor
  node.numThreads = 32 * factor
  node.numCPUs = node.numThreads
}

/**
 * Gives the drives the smallest size on sale that holds the VMs' data, every block of it stored
 * twice, and fills them with it.
 */
export function fillDrives(state: ClusterState, random: Random, dataBytes: number): void {
  const share = (2 * dataBytes) / (state.nodes.size * drivesPerNode)
  const capacityBytes = driveSizeFor(share)
  for (const node of state.nodes.values()) {
    for (const drive of node.drives) {
      const usedBytes = Math.round((share * random.int(96, 104)) / 100)
      drive.capacityBytes = capacityBytes
      drive.usedBytes = usedBytes
      drive.disks = {
        scribe: {
          fsName: 'scribe',
          driveUUID: drive.uuid,
          availability: 'AVAILABLE',
          state: 'ONLINE',
          isReachable: true,
          capacityBytes: capacityBytes - 5019557888,
          usedBytes
        }
      }
      state.drives.set(drive.uuid, drive)
    }
    node.capacity = node.drives.length * capacityBytes
  }
}
