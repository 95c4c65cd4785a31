import { isUsable } from '../../hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { isRunning, isShuttingDown } from '../../hypercore/records/vm-state.ts'
import { describeFailover } from '../../views/plan/headroom.ts'
import { failureOutlook } from './failover.ts'
import { pack, type Placement, type Unplaced, type Wishes } from './pack.ts'
import { occupiesMemory, placementRules, roomsOf } from './rules.ts'

/** How a node is emptied. */
export interface Evacuation {
  node: Node
  /** The largest VM first. */
  moves: Placement[]
  /** VMs that run and cannot move. */
  stuck: Unplaced[]
  /** VMs that do not run, and occupy memory all the same. */
  staying: Unplaced[]
  /** Whether the others can take a failure afterwards, as a sentence. */
  failover: string
}

/** What is to be done about a VM that cannot be moved live; undefined for one that can. */
function whyStaying(vm: VirDomain): string | undefined {
  if (isShuttingDown(vm)) return 'it is shutting down, and goes off by itself'
  if (vm.state === 'PAUSED')
    return 'PAUSED cannot be moved: changeVM_state with START resumes it, then evacuateNode again'
  return isRunning(vm.state) ? undefined : `it is ${vm.state}`
}

/**
 * Where the VMs of a node go; nothing is sent.
 * @param nodes all of the cluster @param vms all of the cluster
 */
export function planEvacuation(
  node: Node,
  nodes: readonly Node[],
  vms: readonly VirDomain[],
  wishes: Wishes
): Evacuation {
  const here = vms.filter((vm) => vm.nodeUUID === node.uuid && occupiesMemory(vm))
  const staying = here.flatMap((vm) => {
    const why = whyStaying(vm)
    return why === undefined ? [] : [{ vm, why }]
  })
  const running = here.filter((vm) => whyStaying(vm) === undefined)
  const moving = running.filter(({ uiState }) => uiState === 'MIGRATING')
  const rules = placementRules(nodes, vms)
  const targets = nodes.filter((each) => each.uuid !== node.uuid && isUsable(each))
  const { placed, unplaced, rooms } = pack(
    running.filter((vm) => !moving.includes(vm)),
    roomsOf(targets, vms),
    rules,
    wishes
  )
  const busy = moving.map((vm) => ({ vm, why: 'it is being moved right now: call again' }))
  return {
    node,
    moves: placed,
    stuck: [...unplaced, ...busy],
    staying,
    failover: describeFailover(failureOutlook(rooms, rules))
  }
}
