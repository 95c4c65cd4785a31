import { BridgeError } from '../../lib/errors.ts'
import { oneLine } from '../../lib/one-line.ts'
import type { Node, VirDomain, VirDomainSnapshot } from '../../hypercore/records.ts'
import { nearestNames, didYouMean } from '../../lib/nearest.ts'
import { formatTime } from '../../lib/units.ts'
import {
  matchName,
  type Candidate,
  nodeCandidate,
  snapshotCandidate,
  vmCandidate
} from '../../tools/arguments/match-name.ts'
import { snapshotName } from '../../views/snapshot-name.ts'
import { quote } from '../../lib/quote.ts'

/** Most candidates a message lists. */
const maxListed = 8

const list = (words: readonly string[]): string =>
  words.slice(0, maxListed).join(', ') +
  (words.length > maxListed ? ` and ${words.length - maxListed} more` : '')

/** Records of that uuid, else those that a tool takes the name for. */
function meant<T extends { uuid: string }>(
  records: readonly T[],
  text: string,
  named: (record: T) => Candidate
): T[] {
  const ofUuid = records.filter(({ uuid }) => uuid === text.toLowerCase())
  if (ofUuid.length > 0) return ofUuid
  const found = new Set(matchName(records.map(named), text, 'whole').map(({ uuid }) => uuid))
  return records.filter(({ uuid }) => found.has(uuid))
}

/** The names most alike, as a hint. */
const hint = (text: string, names: readonly string[]): string =>
  didYouMean(nearestNames(text, names, maxListed).join(', ') || undefined)

/**
 * The VM a person means by name or uuid.
 * @throws {BridgeError} NOT_FOUND with the nearest names, AMBIGUOUS_NAME with the uuids to choose from.
 */
export function meantVm(vms: readonly VirDomain[], text: string): VirDomain {
  const [vm, ...others] = meant(vms, text, vmCandidate)
  if (vm === undefined)
    throw new BridgeError(
      'NOT_FOUND',
      `No VM has the name or uuid ${quote(text)}${hint(
        text,
        vms.map(({ name }) => oneLine(name))
      )}`
    )
  if (others.length > 0)
    throw new BridgeError(
      'AMBIGUOUS_NAME',
      `${others.length + 1} VMs are called ${quote(text)}: give the uuid of one, ${list(
        [vm, ...others].map(({ uuid, state }) => `${uuid} (${state})`)
      )}`
    )
  return vm
}

/**
 * The node a person means by its address, number or uuid.
 * @throws {BridgeError} NOT_FOUND with the addresses there are.
 */
export function meantNode(nodes: readonly Node[], text: string): Node {
  const [node] = meant(nodes, text, nodeCandidate)
  if (node !== undefined) return node
  throw new BridgeError(
    'NOT_FOUND',
    `No node has the address or uuid ${quote(text)}: there is ${list(nodes.map(({ lanIP }) => lanIP))}`
  )
}

/**
 * The snapshot of a VM that a person means by label, time or uuid; `snapshots` are those of the VM,
 * the newest first.
 * @throws {BridgeError} NOT_FOUND with the nearest names or all, AMBIGUOUS_NAME with the uuids.
 */
export function meantSnapshot(
  snapshots: readonly VirDomainSnapshot[],
  text: string,
  vmName: string
): VirDomainSnapshot {
  const [snapshot, ...others] = meant(snapshots, text, (snapshot) => ({
    ...snapshotCandidate(snapshot),
    names: [snapshot.label.trim(), formatTime(snapshot.timestamp)]
  }))
  if (snapshot === undefined) {
    const names = [...new Set(snapshots.map((one) => oneLine(snapshotName(one))))]
    const known =
      hint(text, names) || (names.length > 0 ? `; it has ${list(names)}` : '; it has no snapshot')
    throw new BridgeError(
      'NOT_FOUND',
      `VM ${oneLine(vmName)} has no snapshot with the label, time or uuid ${quote(text)}${known}`
    )
  }
  if (others.length > 0)
    throw new BridgeError(
      'AMBIGUOUS_NAME',
      `${others.length + 1} snapshots of VM ${oneLine(vmName)} are called ${quote(text)}: give the uuid of one, ${list(
        [snapshot, ...others].map(({ uuid, timestamp }) => `${uuid} (${formatTime(timestamp)})`)
      )}`
    )
  return snapshot
}
