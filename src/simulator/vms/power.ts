import type { Node, VirDomain, VirDomainState } from '../../hypercore/records/records.ts'
import type { World } from '../handler.ts'
import type { ClusterState, Guest } from '../state.ts'
import { boots } from './boot.ts'
import { newGuest } from './new-records.ts'
import { refreshAddresses } from './net-devices.ts'

const firstVncPort = 5900
const vncPorts = 1000

/** What is known of a VM's guest; a VM always has one. */
export function guestOf(state: ClusterState, vm: VirDomain): Guest {
  let guest = state.guests.get(vm.uuid)
  if (guest === undefined) {
    guest = newGuest()
    state.guests.set(vm.uuid, guest)
  }
  return guest
}

export function setState(vm: VirDomain, state: VirDomainState): void {
  vm.state = state
  vm.uiState = state
}

/** Puts the VM onto a node: its console moves there, and it was last seen there. */
export function settleOn(state: ClusterState, vm: VirDomain, node: Node): void {
  const port = firstVncPort + ((state.counters.vncPort - firstVncPort) % vncPorts)
  state.counters.vncPort += 1
  vm.nodeUUID = node.uuid
  vm.lastSeenRunningOnNodeUUID = node.uuid
  vm.console = { ...vm.console, ip: node.lanIP, port }
  guestOf(state, vm).reservedNodeUUID = ''
}

/** The guest begins again: an operating system comes up, and its agent if it has one, or nothing. */
export function boot(state: ClusterState, vm: VirDomain): void {
  const guest = guestOf(state, vm)
  guest.booted = boots(state, vm)
  vm.guestAgentState = guest.booted && guest.hasAgent ? 'AVAILABLE' : 'UNAVAILABLE'
  refreshAddresses(vm)
}

/** The VM runs from here on, with the memory and CPUs of its record. */
export function powerOn(state: ClusterState, vm: VirDomain, node: Node): void {
  settleOn(state, vm, node)
  setState(vm, 'RUNNING')
  guestOf(state, vm).runsWith = { mem: vm.mem, numVCPU: vm.numVCPU }
  boot(state, vm)
}

/** Switches the VM off; where it last ran stays known (FACTS 5: S). */
export function powerOff(state: ClusterState, vm: VirDomain): void {
  const guest = guestOf(state, vm)
  cancelShutdown(state, vm)
  Object.assign(guest, { reservedNodeUUID: '', booted: false, runsWith: undefined })
  setState(vm, 'SHUTOFF')
  vm.nodeUUID = ''
  vm.console = { ...vm.console, ip: '', port: 0 }
  vm.guestAgentState = 'UNKNOWN'
  refreshAddresses(vm)
}

const shutdowns = new WeakMap<Guest, () => void>()

/**
 * Whether the guest was asked to shut down and is not off yet. Where the state stays RUNNING until it
 * is, desiredDisposition is the only sign (FACTS 24, high).
 */
export const isShuttingDown = ({ state, desiredDisposition }: VirDomain): boolean =>
  state === 'SHUTDOWN' || (state === 'RUNNING' && desiredDisposition === 'SHUTOFF')

/** The guest was asked to shut down and does so in its own time (FACTS 5.6: S). */
export function beginShutdown(world: World, vm: VirDomain): void {
  const guest = guestOf(world.state, vm)
  if (world.options.acpiShutdown === 'shutdown') setState(vm, 'SHUTDOWN')
  const cancel = world.clock.after(guest.shutdownMs, () => {
    if (vm.state !== 'SHUTDOWN' && vm.state !== 'RUNNING') return
    powerOff(world.state, vm)
    vm.modified = world.clock.seconds()
  })
  shutdowns.set(guest, cancel)
}

/** The guest no longer shuts down: it was reset or its power was cut. */
export function cancelShutdown(state: ClusterState, vm: VirDomain): void {
  shutdowns.get(guestOf(state, vm))?.()
}
