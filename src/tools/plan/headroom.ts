import { freeMemory, isUsable } from '../../hypercore/records/node-state.ts'
import type { RecordLists } from '../../hypercore/records/cluster-records.ts'
import type { Node } from '../../hypercore/records/records.ts'
import { describeHeadroom } from '../../views/plan/headroom.ts'
import { failureOutlook } from '../placement/failover.ts'
import { placementRules, roomsOf } from '../placement/rules.ts'

const freeOn = (nodes: readonly Node[], uuid: string): number => {
  const node = nodes.find((each) => each.uuid === uuid)
  return node === undefined ? 0 : freeMemory(node)
}

/** Memory of the nodes before and after, and whether one may fail then, in words. */
export function headroom(before: RecordLists, after: RecordLists): string {
  const changed = after.Node.map(({ uuid, lanIP }) => ({
    node: lanIP,
    before: freeOn(before.Node, uuid),
    after: freeOn(after.Node, uuid)
  })).filter((room) => room.before !== room.after)
  if (changed.length === 0) return describeHeadroom([], undefined)
  const vms = after.VirDomain
  const rules = placementRules(after.Node, vms)
  return describeHeadroom(changed, failureOutlook(roomsOf(after.Node.filter(isUsable), vms), rules))
}
