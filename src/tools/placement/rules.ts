import { freeMemory } from '../../hypercore/records/node-state.ts'
import type { Node, VirDomain } from '../../hypercore/records/records.ts'
import { splitTags } from '../../hypercore/records/tags.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { quoteName } from '../../lib/text/quote.ts'

/** A node that VMs may be placed on, and how full it gets. */
export interface Room {
  node: Node
  /** Bytes that VMs could still take. */
  free: number
  /** VMs that occupy memory there. */
  vms: readonly VirDomain[]
}

/** Whether a VM occupies memory of a node. */
export const occupiesMemory = ({ state }: VirDomain): boolean =>
  state !== 'SHUTOFF' && state !== 'CRASHED'

/** Nodes with what is on them. */
export const roomsOf = (nodes: readonly Node[], vms: readonly VirDomain[]): Room[] =>
  nodes.map((node) => ({
    node,
    free: freeMemory(node),
    vms: vms.filter((vm) => vm.nodeUUID === node.uuid && occupiesMemory(vm))
  }))

/** What follows a prefix in the tags of a VM: `11` of `node_11`. */
const tagged = ({ tags }: VirDomain, prefix: string): string[] =>
  splitTags(tags)
    .map(foldCase)
    .filter((tag) => tag.startsWith(prefix) && tag.length > prefix.length)
    .map((tag) => tag.slice(prefix.length))

/**
 * A rule about where VMs may run. The tags are those of the vendor's example balancer: `node_11` holds a
 * VM on the node whose LAN address ends in .11, and `anti_web-02` keeps it off the node of VM web-02, in
 * both directions. Where no VM has that name, VMs that share the tag are kept apart.
 */
export interface PlacementRules {
  /** Why a VM may not run on a node, as a clause; undefined where it may. */
  whyNot(vm: VirDomain, room: Room): string | undefined
}

/** @param nodes all of the cluster @param vms all of the cluster */
export function placementRules(nodes: readonly Node[], vms: readonly VirDomain[]): PlacementRules {
  const names = new Set(vms.map(({ name }) => foldCase(name)))
  const addresses = new Map(nodes.map(({ uuid, lanIP }) => [uuid, lanIP]))

  function boundTo(vm: VirDomain): { uuids: string[]; why: string } | undefined {
    const { strictAffinity, preferredNodeUUID, backupNodeUUID } = vm.affinityStrategy
    if (strictAffinity && preferredNodeUUID !== '') {
      const uuids = [preferredNodeUUID, backupNodeUUID].filter((uuid) => uuid !== '')
      const shown = uuids.map((uuid) => addresses.get(uuid) ?? uuid).join(' or ')
      return { uuids, why: `its strict affinity is ${shown}` }
    }
    const [suffix] = tagged(vm, 'node_')
    const node = nodes.find(({ lanIP }) => suffix !== undefined && lanIP.endsWith(`.${suffix}`))
    return node && { uuids: [node.uuid], why: `its tag ${quoteName(`node_${suffix}`)} holds it` }
  }

  // Every VM is compared with many: what is compared is read once.
  const read = new Map(
    vms.map((vm) => [vm.uuid, { name: foldCase(vm.name), avoids: tagged(vm, 'anti_') }])
  )

  function keptApart(vm: VirDomain, other: VirDomain): boolean {
    const [a, b] = [read.get(vm.uuid), read.get(other.uuid)]
    if (a === undefined || b === undefined) return false
    if (a.avoids.length === 0 && b.avoids.length === 0) return false
    return (
      a.avoids.includes(b.name) ||
      b.avoids.includes(a.name) ||
      a.avoids.some((group) => !names.has(group) && b.avoids.includes(group))
    )
  }

  return {
    whyNot(vm, { node, vms: there }) {
      const bound = boundTo(vm)
      if (bound !== undefined && !bound.uuids.includes(node.uuid)) return bound.why
      const other = there.find((each) => each.uuid !== vm.uuid && keptApart(vm, each))
      return (
        other && `an anti_ tag keeps it apart from VM ${quoteName(other.name)} on ${node.lanIP}`
      )
    }
  }
}
