import { formatBytes } from '../../lib/text/units.ts'

/** What happens to the VMs of the fullest node should it fail (N-1). */
export interface FailureOutlook {
  /** LAN address of that node. */
  node: string
  /** Memory its VMs take, in bytes. */
  needed: number
  /** Memory that is free on the others, in bytes. */
  free: number
  /** How many of them would find no node, and their memory in bytes. */
  unplaced: number
  missing: number
}

/** Whether the VMs would still have room, in numbers; `outlook` is undefined without a second node. */
export function describeFailover(outlook: FailureOutlook | undefined): string {
  if (outlook === undefined) return 'N-1: no second node is left, so a failure stops all VMs'
  const { node, needed, free, unplaced, missing } = outlook
  const numbers = `should ${node} fail then, its VMs need ${formatBytes(needed)} and the others have ${formatBytes(free)} free`
  return unplaced === 0
    ? `N-1: ${numbers}: they fit`
    : `N-1 AT RISK: ${numbers}: ${unplaced} of them (${formatBytes(missing)}) would find no node`
}

/** A node whose free memory changes, in bytes. */
export interface ChangedRoom {
  /** Its LAN address. */
  node: string
  before: number
  after: number
}

/** Memory of the nodes before and after a plan, and whether one may fail then. */
export function describeHeadroom(
  changed: readonly ChangedRoom[],
  outlook: FailureOutlook | undefined
): string {
  if (changed.length === 0) return 'Memory of the nodes stays as it is'
  const rooms = changed.map(
    ({ node, before, after }) => `${node} ${formatBytes(before)} → ${formatBytes(after)}`
  )
  return `Free memory: ${rooms.join(', ')}. ${describeFailover(outlook)}`
}
