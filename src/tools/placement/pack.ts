import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { sum } from '../../lib/sum.ts'
import { formatBytes } from '../../lib/text/units.ts'
import type { PlacementRules, Room } from './rules.ts'

/** The part of a node's memory that is left free where there is a choice. */
const headroom = 0.05

/** A VM, and the node it is to run on. */
export interface Placement {
  vm: VirDomain
  to: Node
}

/** A VM that no node takes. */
export interface Unplaced {
  vm: VirDomain
  /** As a clause. */
  why: string
}

/** Where VMs go. */
export interface Packing {
  /** The largest first. */
  placed: Placement[]
  unplaced: Unplaced[]
  /** The nodes as they are then. */
  rooms: Room[]
}

interface Manner {
  /** Part of a node's memory that stays free. */
  spare: number
  /** Of the nodes that would do: the one with most memory left, or with least. */
  takes: 'roomiest' | 'tightest'
}

/** The first that places all is taken: even first, then as tight as it has to be. */
const manners: readonly Manner[] = [
  { spare: headroom, takes: 'roomiest' },
  { spare: headroom, takes: 'tightest' },
  { spare: 0, takes: 'roomiest' },
  { spare: 0, takes: 'tightest' }
]

/** The node to prefer for a VM, by the uuid of the VM; taken where it fits. */
export type Wishes = ReadonlyMap<string, string>

/** Largest first, as they are hardest to place; the same each time. */
export const bySize = (a: VirDomain, b: VirDomain): number =>
  b.mem - a.mem || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.uuid < b.uuid ? -1 : 1)

function whyUnplaced(vm: VirDomain, rooms: readonly Room[], rules: PlacementRules): string {
  const [roomiest] = rooms
    .filter((room) => rules.whyNot(vm, room) === undefined)
    .toSorted((a, b) => b.free - a.free)
  const forbids = [...new Set(rooms.flatMap((room) => rules.whyNot(vm, room) ?? []))]
  if (roomiest === undefined) return forbids.join('; ') || 'no other node can run VMs'
  const most = `it needs ${formatBytes(vm.mem)}, and ${roomiest.node.lanIP} has ${formatBytes(roomiest.free)} left, the most of those that may take it`
  return [most, ...forbids].join('; ')
}

function packIn(
  { spare, takes }: Manner,
  vms: readonly VirDomain[],
  before: readonly Room[],
  rules: PlacementRules,
  wishes: Wishes
): Packing {
  const rooms = before.map((room) => ({ ...room }))
  const packing: Packing = { placed: [], unplaced: [], rooms }
  const direction = takes === 'roomiest' ? -1 : 1
  const choices = (vm: VirDomain): number =>
    before.filter((room) => rules.whyNot(vm, room) === undefined).length
  const freedom = new Map(vms.map((vm) => [vm, choices(vm)]))
  // What may go to one node only comes before what could take its place.
  const order = vms.toSorted(
    (a, b) => Number((freedom.get(a) ?? 0) > 1) - Number((freedom.get(b) ?? 0) > 1) || bySize(a, b)
  )
  for (const vm of order) {
    const { preferredNodeUUID, backupNodeUUID } = vm.affinityStrategy
    const liked = [wishes.get(vm.uuid), preferredNodeUUID, backupNodeUUID]
    const rank = ({ node: { uuid } }: Room): number => {
      const at = liked.indexOf(uuid)
      return at < 0 ? liked.length : at
    }
    const [room] = rooms
      .filter(({ free, node: { memSize } }) => free - vm.mem >= memSize * spare)
      .filter((each) => rules.whyNot(vm, each) === undefined)
      .toSorted(
        (a, b) =>
          rank(a) - rank(b) ||
          direction * (a.free - b.free) ||
          (a.node.lanIP < b.node.lanIP ? -1 : 1)
      )
    if (room === undefined) {
      packing.unplaced.push({ vm, why: whyUnplaced(vm, rooms, rules) })
      continue
    }
    room.free -= vm.mem
    room.vms = [...room.vms, vm]
    packing.placed.push({ vm, to: room.node })
  }
  packing.placed.sort((a, b) => bySize(a.vm, b.vm))
  return packing
}

const unplacedBytes = ({ unplaced }: Packing): number => sum(unplaced, ({ vm }) => vm.mem)

/**
 * Places VMs on nodes by their memory and the rules: the largest first, evenly and with some memory left
 * on each where that works out, else as tight as is possible. Nodes a VM prefers are tried first.
 */
export function pack(
  vms: readonly VirDomain[],
  rooms: readonly Room[],
  rules: PlacementRules,
  wishes: Wishes = new Map()
): Packing {
  const tried: Packing[] = []
  for (const manner of manners) {
    const packing = packIn(manner, vms, rooms, rules, wishes)
    if (packing.unplaced.length === 0) return packing
    tried.push(packing)
  }
  return tried.reduce((best, each) => (unplacedBytes(each) < unplacedBytes(best) ? each : best))
}
