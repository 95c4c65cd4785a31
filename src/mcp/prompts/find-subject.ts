import type { Node, VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import { formatTime } from '../../lib/text/units.ts'
import { chooseCandidate, type GivenName } from '../../tools/arguments/choose-candidate.ts'
import {
  type Candidate,
  nodeCandidate,
  snapshotCandidate,
  vmCandidate
} from '../../tools/arguments/match-name.ts'
import { type NodeNames } from '../../views/node.ts'
import { snapshotName } from '../../views/snapshot.ts'
import { quoteName } from '../../lib/text/quote.ts'

/** The record that a person means by its uuid, or by a name as the tools that write take it. */
function meant<T extends { uuid: string }>(
  records: readonly T[],
  given: GivenName,
  toCandidate: (record: T) => Candidate
): T {
  const candidates = records.map((record) => {
    const candidate = toCandidate(record)
    const [name, ...others] = candidate.names
    return { ...candidate, names: [name, ...others, record.uuid] as const, record }
  })
  return chooseCandidate(given, candidates, 'caseInsensitive').record
}

/**
 * The VM a person means by name or uuid.
 * @throws {BridgeError} NOT_FOUND with the nearest names, AMBIGUOUS_NAME with the uuids to choose from.
 */
export const meantVm = (vms: readonly VirDomain[], nodes: NodeNames, text: string): VirDomain =>
  meant(vms, { argument: 'vm', entity: 'vm', text }, (vm) => vmCandidate(vm, nodes))

/**
 * The node a person means by its address, number or uuid.
 * @throws {BridgeError} NOT_FOUND with the addresses there are.
 */
export const meantNode = (nodes: readonly Node[], text: string): Node =>
  meant(nodes, { argument: 'node', entity: 'node', text }, nodeCandidate)

/**
 * The snapshot of a VM that a person means by label, time or uuid; `snapshots` are those of the VM,
 * the newest first.
 * @throws {BridgeError} NOT_FOUND with the nearest names, AMBIGUOUS_NAME with the uuids.
 */
export const meantSnapshot = (
  snapshots: readonly VirDomainSnapshot[],
  text: string,
  vmName: string
): VirDomainSnapshot =>
  meant(
    snapshots,
    { argument: 'snapshot', entity: 'snapshot', text, of: `of VM ${quoteName(vmName)}` },
    (snapshot) => ({
      ...snapshotCandidate(snapshot),
      names: [snapshotName(snapshot), snapshot.label.trim(), formatTime(snapshot.timestamp)]
    })
  )
