import type { Node, VirDomain, VirDomainSnapshot } from '../../hypercore/records.ts'
import { formatTime } from '../../lib/units.ts'
import type { Entity } from './rule.ts'

/** Something of the cluster that has a uuid, and the names people call it by. */
export interface Named {
  uuid: string
  /** The first is the one it is shown by. */
  names: readonly [string, ...string[]]
  /** VM that a snapshot is of. */
  ofVm?: string
  /** What tells it from others of the same name; without uuid. */
  facts: Record<string, unknown>
}

/**
 * How much alike a name must be. `exact`: the same text, for calls that can lose data. `whole`: the
 * whole name, in any case when no other VM has it exactly so. `part`: also a part of the name.
 */
export type Likeness = 'exact' | 'whole' | 'part'

const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** Those that a text means: the first way of comparing that finds any decides. */
export function matchName(all: readonly Named[], text: string, likeness: Likeness): Named[] {
  const wanted = folded(text)
  const ways: ((name: string) => boolean)[] = [
    (name) => name === text,
    (name) => folded(name) === wanted,
    (name) => folded(name).includes(wanted)
  ]
  const allowed = { exact: 1, whole: 2, part: 3 }[likeness]
  for (const fits of ways.slice(0, allowed)) {
    const found = all.filter(({ names }) => names.some(fits))
    if (found.length > 0) return found
  }
  return []
}

export const namedVm = (vm: VirDomain, nodeNames: ReadonlyMap<string, string>): Named => ({
  uuid: vm.uuid,
  names: [vm.name],
  facts: { name: vm.name, state: vm.state, node: nodeNames.get(vm.nodeUUID) ?? '' }
})

/** A node has no name of its own: people say its address or its number. */
export const namedNode = (node: Node): Named => ({
  uuid: node.uuid,
  names: [
    node.lanIP,
    node.backplaneIP,
    ...['', 'node ', 'node', 'node-', 'peer '].map((word) => `${word}${node.peerID}`)
  ],
  facts: { lanIP: node.lanIP, peerID: node.peerID, networkStatus: node.networkStatus }
})

export const namedSnapshot = (snapshot: VirDomainSnapshot): Named => ({
  uuid: snapshot.uuid,
  names: [snapshot.label],
  ofVm: snapshot.domainUUID,
  facts: {
    label: snapshot.label,
    vmName: snapshot.domain.name,
    takenAt: formatTime(snapshot.timestamp)
  }
})

/** How messages speak of each, and where its uuid is found. */
export const entityWords: Record<
  Entity,
  { one: string; many: string; some: string; name: string; find: string }
> = {
  vm: {
    one: 'VM is called',
    many: 'VMs',
    some: 'VMs without a name',
    name: 'name',
    find: 'vm_read lists all VMs'
  },
  node: {
    one: 'node has the address or number',
    many: 'nodes',
    some: 'nodes without an address',
    name: 'address',
    find: 'node_read lists the nodes'
  },
  snapshot: {
    one: 'snapshot has the label',
    many: 'snapshots',
    some: 'snapshots without a label',
    name: 'label',
    find: 'vmSnapshots_read lists them, with vmUUID those of one VM'
  }
}
