import type { Node, VirDomain, VirDomainSnapshot } from '../../hypercore/records.ts'
import { foldCase } from '../../lib/normalize.ts'
import { formatTime } from '../../lib/units.ts'
import type { Entity } from '../../lib/schema-keywords.ts'

/** Something of the cluster that has a uuid, and the names people call it by. */
export interface Candidate {
  uuid: string
  /** The first is the one it is shown by. */
  names: readonly [string, ...string[]]
  /** VM that a snapshot is of. */
  ofVm?: string
  /** Node that a VM runs on; `""` when off. */
  onNode?: string
  /** What tells it from others of the same name; without uuid. */
  facts: Record<string, unknown>
}

/**
 * How much alike a name must be. `exact`: the same text, for calls that can lose data. `whole`: the
 * whole name, in any case when no other VM has it exactly so. `part`: also a part of the name.
 */
export type MatchMode = 'exact' | 'whole' | 'part'

/** Those that a text means: the first way of comparing that finds any decides. */
export function matchName(
  all: readonly Candidate[],
  text: string,
  likeness: MatchMode
): Candidate[] {
  const wanted = foldCase(text)
  const ways: ((name: string) => boolean)[] = [
    (name) => name === text,
    (name) => foldCase(name) === wanted,
    (name) => foldCase(name).includes(wanted)
  ]
  const allowed = { exact: 1, whole: 2, part: 3 }[likeness]
  for (const fits of ways.slice(0, allowed)) {
    const found = all.filter(({ names }) => names.some(fits))
    if (found.length > 0) return found
  }
  return []
}

export const vmCandidate = (vm: VirDomain): Candidate => ({
  uuid: vm.uuid,
  names: [vm.name],
  onNode: vm.nodeUUID,
  facts: { name: vm.name, state: vm.state }
})

/** A node has no name of its own: people say its address or its number. */
export const nodeCandidate = (node: Node): Candidate => ({
  uuid: node.uuid,
  names: [
    node.lanIP,
    node.backplaneIP,
    ...['', 'node ', 'node', 'node-', 'peer '].map((word) => `${word}${node.peerID}`)
  ],
  facts: { lanIP: node.lanIP, peerID: node.peerID, networkStatus: node.networkStatus }
})

export const snapshotCandidate = (snapshot: VirDomainSnapshot): Candidate => ({
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
export const entityLabels: Record<
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
