import type {
  ISO,
  Node,
  VirDomain,
  VirDomainSnapshot,
  VirDomainSnapshotSchedule
} from '../../hypercore/records/records.ts'
import { foldCase } from '../../lib/text/normalize.ts'
import { formatBytes } from '../../lib/text/units.ts'
import { namesOfNode, type NodeNames, nodeIdentity } from '../../views/node.ts'
import { snapshotIdentity } from '../../views/snapshot.ts'
import { vmIdentity } from '../../views/vm/fields.ts'
import { comparable } from '../../lib/text/visible-text.ts'

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
  /** What is written of it: a name that is not there may be a word of it. */
  describedAs?: string
}

/**
 * How much alike a name must be. `exact`: the same text, for calls that can lose data.
 * `caseInsensitive`: the whole name, in any case where nothing else has it exactly so. `substring`:
 * also a part of the name.
 */
export type MatchMode = 'exact' | 'caseInsensitive' | 'substring'

/** Those that a text means: the first way of comparing that finds any decides. */
export function matchName<C extends Pick<Candidate, 'names'>>(
  all: readonly C[],
  text: string,
  mode: MatchMode
): C[] {
  const wanted = foldCase(text)
  const ways: ((name: string) => boolean)[] = [
    (name) => comparable(name) === comparable(text),
    (name) => foldCase(name) === wanted,
    (name) => foldCase(name).includes(wanted)
  ]
  const allowed = { exact: 1, caseInsensitive: 2, substring: 3 }[mode]
  for (const fits of ways.slice(0, allowed)) {
    const found = all.filter(({ names }) => names.some(fits))
    if (found.length > 0) return found
  }
  return []
}

export const vmCandidate = (vm: VirDomain, nodes: NodeNames = new Map()): Candidate => ({
  uuid: vm.uuid,
  names: [vm.name],
  onNode: vm.nodeUUID,
  facts: vmIdentity(vm, nodes),
  describedAs: `${vm.name} ${vm.description} ${vm.tags}`
})

export const nodeCandidate = (node: Node): Candidate => ({
  uuid: node.uuid,
  names: namesOfNode(node),
  facts: nodeIdentity(node)
})

export const snapshotCandidate = (snapshot: VirDomainSnapshot): Candidate => ({
  uuid: snapshot.uuid,
  names: [snapshot.label],
  ofVm: snapshot.domainUUID,
  facts: snapshotIdentity(snapshot)
})

export const scheduleCandidate = (schedule: VirDomainSnapshotSchedule): Candidate => ({
  uuid: schedule.uuid,
  names: [schedule.name],
  facts: { name: schedule.name, rules: schedule.rrules.map(({ rrule }) => rrule).join(', ') }
})

/** The ending that every image has is usually left out. */
export const isoCandidate = (iso: ISO): Candidate => ({
  uuid: iso.uuid,
  names: [iso.name, iso.name.replace(/\.iso$/i, '')],
  facts: { name: iso.name, size: formatBytes(iso.size), readyForInsert: iso.readyForInsert }
})
