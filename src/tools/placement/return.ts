import { isObject } from '../../lib/json/json.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { isRunning, isShuttingDown } from '../../hypercore/records/vm-state.ts'
import { isLeft, type SequenceRecord } from '../../ledger/sequences.ts'
import { pack, type Unplaced } from './pack.ts'
import { placementRules, roomsOf } from './rules.ts'

/** A VM, the node it goes back to, and the one it was moved to. */
export interface Return {
  vm: VirDomain
  from: Node
  to: Node
}

/** How the VMs of an evacuated node come back. */
export interface ReturnPlan {
  /** The largest VM first. */
  moves: Return[]
  /** VMs that stay where they are. */
  left: Unplaced[]
  /** VMs that are back already. */
  home: number
  /** VMs that no longer exist. */
  gone: number
}

/**
 * The evacuations of a node that moveBack undoes: the newest, and those before it that it went on
 * with as they had stopped.
 * @param sequences the newest first
 */
export function evacuationsOf(
  node: string,
  tool: string,
  sequences: readonly SequenceRecord[]
): SequenceRecord[] {
  const [newest, ...earlier] = sequences.filter(
    (each) => each.tool === tool && each.targets[0] === node
  )
  if (newest === undefined || newest.undoneBy !== '') return []
  const end = earlier.findIndex((each) => each.undoneBy !== '' || !hasStopped(each))
  return [newest, ...(end < 0 ? earlier : earlier.slice(0, end))]
}

const hasStopped = (sequence: SequenceRecord): boolean =>
  sequence.state === 'ERROR' || isLeft(sequence)

/** Where VMs were moved to, by their uuids; the newest move counts. */
function movedTo(evacuations: readonly SequenceRecord[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { steps } of evacuations)
    for (const { state, request } of steps) {
      const [action] = Array.isArray(request.body) ? (request.body as unknown[]) : []
      if (state === 'PENDING' || !isObject(action)) continue
      const { virDomainUUID, nodeUUID } = action
      if (typeof virDomainUUID === 'string' && typeof nodeUUID === 'string')
        if (!found.has(virDomainUUID)) found.set(virDomainUUID, nodeUUID)
    }
  return found
}

/** Which VMs go back, and which do not; nothing is sent. */
export function planReturn(
  home: Node,
  evacuations: readonly SequenceRecord[],
  nodes: readonly Node[],
  vms: readonly VirDomain[]
): ReturnPlan {
  const plan: ReturnPlan = { moves: [], left: [], home: 0, gone: 0 }
  const known = new Map(nodes.map((node) => [node.uuid, node]))
  const candidates: VirDomain[] = []
  for (const [uuid, target] of movedTo(evacuations)) {
    const vm = vms.find((each) => each.uuid === uuid)
    if (vm === undefined) plan.gone += 1
    else if (!isRunning(vm.state) || isShuttingDown(vm))
      plan.left.push({ vm, why: `it is ${isShuttingDown(vm) ? 'shutting down' : vm.state}` })
    else if (vm.nodeUUID === home.uuid) plan.home += 1
    else if (vm.nodeUUID === target) candidates.push(vm)
    else {
      const now = known.get(vm.nodeUUID)?.lanIP ?? 'another node'
      plan.left.push({ vm, why: `it was moved on since, and runs on ${now}` })
    }
  }
  const { placed, unplaced } = pack(candidates, roomsOf([home], vms), placementRules(nodes, vms))
  for (const { vm, to } of placed) {
    const from = known.get(vm.nodeUUID)
    if (from !== undefined) plan.moves.push({ vm, from, to })
  }
  plan.left.push(...unplaced)
  return plan
}
