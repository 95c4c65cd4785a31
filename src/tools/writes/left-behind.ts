import type { SequenceRecord, StepRecord } from '../../ledger/sequences.ts'
import type { PlannedRequest } from '../../hypercore/writes/sequence.ts'
import { isObject, type JsonObject, textOf } from '../../lib/json/json.ts'
import { quoteName } from '../../lib/text/quote.ts'
import { someOf } from '../../lib/text/some-of.ts'
import { snapshotName } from '../../views/snapshot.ts'
import type { VirDomain, VirDomainSnapshot } from '../../hypercore/records/records.ts'
import type { ToolContext } from '../define-tool.ts'

/** Things that are looked up one by one; more of them are counted. */
const maxLookedUp = 20

/** Things that a sentence names. */
const maxNamed = 5

/** Something that a sequence has created, as it is now. */
interface Created {
  entity: string
  uuid: string
  record: JsonObject
  /** The VM it is part of, or that it is of. */
  owner: string
}

type Phrase = (created: Created, of: string) => string

/** What it is, and the call that removes it, by the entity of its record. */
const phrases: Readonly<Record<string, Phrase>> = {
  VirDomain: ({ uuid, record }) =>
    `VM ${quoteName(textOf(record['name']))}: deleteVM with vmUUID ${uuid} deletes it`,
  VirDomainSnapshot: ({ uuid, record }, of) =>
    `snapshot ${quoteName(snapshotName(record as unknown as VirDomainSnapshot))}${of}: delete_snapshotVM with snapUUID ${uuid} deletes it`,
  VirDomainBlockDevice: ({ uuid, owner }, of) =>
    `disk ${uuid}${of}: removeDisk with vmUUID ${owner} and disk ${uuid} deletes it and its data`,
  VirDomainNetDevice: ({ uuid, owner }, of) =>
    `NIC ${uuid}${of}: removeNIC with vmUUID ${owner} and nic ${uuid} removes it while the VM is off`,
  VirDomainReplication: ({ owner }, of) =>
    `the replication${of}: replicate with vmUUID ${owner} and enable false switches it off`
}

/** The same of what has no tool of its own. */
const otherwise: Phrase = ({ entity, uuid, record }) =>
  `${entity} ${quoteName(textOf(record['name']) || uuid)}: run_api with DELETE /${entity}/${uuid} deletes it`

const entityOf = ({ request: { path } }: StepRecord): string => path.split('/')[1] ?? ''

const ownerOf = (record: JsonObject): string =>
  textOf(record['virDomainUUID']) ||
  textOf(record['domainUUID']) ||
  textOf(record['sourceDomainUUID'])

/** What a step has created and undo keeps. */
const keeps = ({ createdUUID, undo }: StepRecord): boolean =>
  createdUUID !== '' && undo?.method !== 'DELETE'

/** The records that are still there, and that the caller may see. */
async function lookUp(
  { hypercore, signal }: ToolContext,
  steps: readonly StepRecord[]
): Promise<Created[]> {
  const found: Created[] = []
  for (const step of steps) {
    const entity = entityOf(step)
    const { createdUUID: uuid } = step
    const record = await (
      entity === 'VirDomain'
        ? hypercore.known('/VirDomain', uuid, { signal })
        : hypercore.recordsAt(`/${entity}/${uuid}`, { signal }).then(([found]) => found)
    ).catch(() => undefined)
    if (record !== undefined)
      found.push({ entity, uuid, record: { ...record }, owner: ownerOf({ ...record }) })
  }
  return found
}

/** The same under the name that it gets. */
function renamed(created: Created, undone: readonly PlannedRequest[]): Created {
  const path = `/${created.entity}/${created.uuid}`
  const names = undone.flatMap((step) =>
    step.path === path && isObject(step.body) ? [textOf(step.body['name'])] : []
  )
  const name = names.findLast((each) => each !== '')
  return name === undefined ? created : { ...created, record: { ...created.record, name } }
}

/**
 * What taking a sequence back leaves, as sentences without a full stop: what it has created, which may
 * have been worked on since, each with the call that removes it; and what cannot be undone at all.
 * Parts of a VM that it has created go with the VM.
 * @param undone what undoes it: the names that things have then
 */
export async function leftBehind(
  context: ToolContext,
  record: SequenceRecord,
  undone: readonly PlannedRequest[] = []
): Promise<string[]> {
  const kept = record.steps.filter(keeps)
  const found = await lookUp(context, kept.slice(0, maxLookedUp))
  const own = new Set(found.map(({ uuid }) => uuid))
  const vms = new Map<string, VirDomain>(
    found.some(({ owner }) => owner !== '' && !own.has(owner))
      ? (await context.hypercore.list('/VirDomain', { signal: context.signal })).map((vm) => [
          vm.uuid,
          vm
        ])
      : []
  )
  const things = found
    .filter(({ owner }) => !own.has(owner))
    .map((each) => {
      const vm = vms.get(each.owner)
      const of = vm === undefined ? '' : ` of VM ${quoteName(vm.name)}`
      return (phrases[each.entity] ?? otherwise)(renamed(each, undone), of)
    })
  const more = kept.length > maxLookedUp ? ` and ${kept.length - maxLookedUp} more` : ''
  const lasting = record.steps
    .filter(({ state, createdUUID, undo }) => state === 'COMPLETE' && createdUUID === '' && !undo)
    .map(({ does }) => does)
  return [
    ...(things.length === 0
      ? []
      : [`What it created stays: ${someOf(things, maxNamed, '; ')}${more}`]),
    ...(lasting.length === 0 ? [] : [`Cannot be undone: ${someOf(lasting, maxNamed, '; ')}`])
  ]
}
