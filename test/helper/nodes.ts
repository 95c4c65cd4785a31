import type { Node, VirDomain } from '../../src/hypercore/records/records.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { chooseNode, isActive } from '../../src/simulator/vms/placement.ts'
import { powerOff, powerOn } from '../../src/simulator/vms/power.ts'

/** The node of that address. */
export function nodeAt({ world }: Simulator, address: string): Node {
  const found = [...world.state.nodes.values()].find(({ lanIP }) => lanIP === address)
  if (found === undefined) throw new Error(`The simulated cluster has no node ${address}`)
  return found
}

/** The VMs that occupy memory on a node. */
export const vmsOn = (simulator: Simulator, address: string): VirDomain[] => {
  const { uuid } = nodeAt(simulator, address)
  return [...simulator.world.state.virDomains.values()].filter(
    (vm) => vm.nodeUUID === uuid && isActive(vm)
  )
}

/** A node fails: its VMs start again on the others, as far as there is room. */
export function failNode(simulator: Simulator, address: string): void {
  const { state } = simulator.world
  const node = nodeAt(simulator, address)
  const lost = vmsOn(simulator, address)
  Object.assign(node, { networkStatus: 'OFFLINE', virtualizationOnline: false })
  for (const vm of lost) {
    powerOff(state, vm)
    const target = chooseNode(state, vm)
    if (target !== undefined) powerOn(state, vm, target)
  }
}

/** It is back, and empty. */
export const reviveNode = (simulator: Simulator, address: string): void =>
  void Object.assign(nodeAt(simulator, address), {
    networkStatus: 'ONLINE',
    virtualizationOnline: true
  })

/** Waits, event by event, until something holds. */
export async function when(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}
