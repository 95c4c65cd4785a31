import type { Drive, Node } from '../../hypercore/records/records.ts'
import type { Handlers, World } from '../handler.ts'
import { noise } from '../noise.ts'
import { memoryOf } from '../vms/placement.ts'
import { readHandlers } from './records.ts'

/** The drive with its temperature of the moment, a degree or two around its usual one. */
function liveDrive(world: World, drive: Drive): Drive {
  const drift = noise(world.options.seed, drive.uuid, world.clock.milliseconds())
  const temperature = drive.temperature + Math.round(drift * 2)
  return { ...drive, temperature, maxTemperature: Math.max(drive.maxTemperature, temperature) }
}

const rounded = (value: number): number => Math.round(value * 10) / 10

/**
 * The node with what it does at the moment: memory of its running VMs beside the system's own, and
 * the processor time those VMs use.
 */
function liveNode(world: World, node: Node): Node {
  const { state, options, clock } = world
  let memory = node.systemMemUsageBytes
  let busyThreads = node.numThreads * 0.02
  for (const vm of state.virDomains.values()) {
    if (vm.nodeUUID !== node.uuid) continue
    memory += memoryOf(state, vm)
    const { load = 0, runsWith = vm } = state.guests.get(vm.uuid) ?? {}
    busyThreads +=
      runsWith.numVCPU * load * (1 + 0.2 * noise(options.seed, vm.uuid, clock.milliseconds()))
  }
  return {
    ...node,
    drives: [...state.drives.values()]
      .filter((drive) => drive.nodeUUID === node.uuid)
      .map((drive) => liveDrive(world, drive)),
    totalMemUsageBytes: memory,
    memUsagePercentage: rounded((100 * memory) / node.memSize),
    cpuUsage: rounded(Math.min(100, (100 * busyThreads) / node.numThreads))
  }
}

/** Nodes and drives with live figures; no GPU cards (FACTS 13). */
export const hardwareHandlers: Handlers = {
  ...readHandlers('/Node', ({ world }) =>
    [...world.state.nodes.values()].map((node) => liveNode(world, node))
  ),
  ...readHandlers('/Drive', ({ world }) =>
    [...world.state.drives.values()].map((drive) => liveDrive(world, drive))
  ),
  ...readHandlers('/GPU', () => []),
  ...readHandlers('/GPUProfile', () => [], 'gpuUUID')
}
