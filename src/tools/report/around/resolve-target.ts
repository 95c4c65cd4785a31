import { BridgeError } from '../../../lib/errors/errors.ts'
import type {
  Drive,
  Node,
  VirDomain,
  VirDomainBlockDevice,
  VirDomainSnapshot
} from '../../../hypercore/records/records.ts'
import { nearestNames } from '../../../lib/text/nearest.ts'
import { quote, quoteName } from '../../../lib/text/quote.ts'
import { formatBytes } from '../../../lib/text/units.ts'
import { isUuid } from '../../../lib/text/uuid.ts'
import { nodeNames } from '../../../views/node.ts'
import { isDisk } from '../../../views/vm/fields.ts'
import { describeCandidates } from '../../arguments/choose-candidate.ts'
import {
  type Candidate,
  matchName,
  nodeCandidate,
  snapshotCandidate,
  vmCandidate
} from '../../arguments/match-name.ts'
import type { ToolContext } from '../../define-tool.ts'
import { optionalList } from '../../read/optional-list.ts'

/** What a word may mean. */
export type Target =
  | { kind: 'VM'; vm: VirDomain }
  | { kind: 'node'; node: Node }
  | { kind: 'disk'; vm: VirDomain; disk: VirDomainBlockDevice }
  | { kind: 'drive'; node: Node; drive: Drive }
  | { kind: 'snapshot'; snapshot: VirDomainSnapshot }

/** Something that may be meant. */
type Meant = Candidate & { target: Target }

const meantAs = (candidate: Candidate, target: Target): Meant => ({
  ...candidate,
  facts: { kind: target.kind, ...candidate.facts },
  target
})

/** A disk, by what people say: `sql-01 D:`, `sql-01 slot 1`, or a name of its own. */
const diskMeant = (vm: VirDomain, disk: VirDomainBlockDevice): Meant => {
  const { uuid, name, slot, type, capacity, mountPoints } = disk
  const mounts = mountPoints.map((point) => `${vm.name} ${point.replace(/(?<=.)[\\/]$/, '')}`)
  const names: [string, ...string[]] = [`${vm.name} slot ${slot}`, ...mounts]
  if (name.trim() !== '') names.push(name)
  const facts = { name: vm.name, type, slot, capacity: formatBytes(capacity) }
  return meantAs({ uuid, names, facts }, { kind: 'disk', vm, disk })
}

const driveMeant = (node: Node, drive: Drive): Meant => {
  const { uuid, serialNumber, slot } = drive
  const names: [string, ...string[]] = [`${node.lanIP} slot ${slot}`, uuid, serialNumber]
  return meantAs(
    { uuid, names, facts: { lanIP: node.lanIP, slot } },
    { kind: 'drive', node, drive }
  )
}

const snapshotMeant = (snapshot: VirDomainSnapshot): Meant =>
  meantAs(snapshotCandidate(snapshot), { kind: 'snapshot', snapshot })

/** The one of those that a text fits, if any. */
function onlyOne(text: string, found: readonly Meant[]): Target | undefined {
  const [one, ...others] = found
  if (one === undefined || others.length === 0) return one?.target
  throw new BridgeError(
    'AMBIGUOUS_NAME',
    `${found.length} match ${quote(text)}: pass the uuid of the one you mean as target: ${describeCandidates(found)}${found.length > 8 ? `, and ${found.length - 8} more` : ''}`,
    { details: { candidates: found.slice(0, 50).map(({ uuid, facts }) => ({ uuid, ...facts })) } }
  )
}

/**
 * The VM, node, disk, drive or snapshot that a text means: its uuid or name, whole names before parts of
 * them. Snapshots are looked at last, as their list is the largest.
 * @throws {BridgeError} NOT_FOUND with the nearest names; AMBIGUOUS_NAME with all that fit
 */
export async function resolveTarget(context: ToolContext, text: string): Promise<Target> {
  const { hypercore, signal } = context
  const [vms, nodes] = await Promise.all([
    hypercore.list('/VirDomain', { signal }),
    hypercore.list('/Node', { signal })
  ])
  const addresses = nodeNames(nodes)
  const meantVms = vms.map((vm) => meantAs(vmCandidate(vm, addresses), { kind: 'VM', vm }))
  const others = [
    ...nodes.map((node) => meantAs(nodeCandidate(node), { kind: 'node', node })),
    ...nodes.flatMap((node) => node.drives.map((drive) => driveMeant(node, drive))),
    ...vms.flatMap((vm) => vm.blockDevs.filter(isDisk).map((disk) => diskMeant(vm, disk)))
  ]
  const all = [...meantVms, ...others]
  if (isUuid(text)) {
    const found = all.find(({ uuid }) => uuid.toLowerCase() === text.toLowerCase())
    if (found !== undefined) return found.target
    const snapshot = await hypercore.record('/VirDomainSnapshot', text, { signal })
    if (snapshot !== undefined) return { kind: 'snapshot', snapshot }
  }
  const whole = onlyOne(text, matchName(all, text, 'caseInsensitive'))
  if (whole !== undefined) return whole
  const snapshots = (await optionalList(context, '/VirDomainSnapshot')).map(snapshotMeant)
  const found =
    onlyOne(text, matchName(snapshots, text, 'caseInsensitive')) ??
    onlyOne(text, matchName(meantVms, text, 'substring')) ??
    onlyOne(text, matchName(snapshots, text, 'substring'))
  if (found !== undefined) return found
  const known = [...all, ...snapshots].map(({ names }) => names[0])
  const near = nearestNames(text, known, 3)
  const hint = near.length === 0 ? '' : `; did you mean ${near.map(quoteName).join(', ')}?`
  throw new BridgeError(
    'NOT_FOUND',
    `No VM, node, disk, drive or snapshot is called ${quote(text)}${hint || '.'} vm_read lists the VMs, node_read the nodes, vmSnapshots_read the snapshots`
  )
}
