import type { JudgedTarget, Judgement } from '../catalog/effects/judge.ts'
import type { ClusterApi, ClusterRequest } from '../hypercore/cluster-api.ts'
import type { VirDomain } from '../hypercore/records/records.ts'
import { uuidsInText } from '../lib/text/uuid.ts'
import { ownValue } from '../lib/json/own-value.ts'

/** The field by which records of a VM name it (FACTS 6, 7, 8, S); of a task, what it was for. */
export const vmField: Readonly<Record<string, string>> = {
  VirDomain: 'uuid',
  VirDomainStats: 'uuid',
  VirDomainBlockDevice: 'virDomainUUID',
  VirDomainNetDevice: 'virDomainUUID',
  VirDomainSnapshot: 'domainUUID',
  VirDomainReplication: 'sourceDomainUUID',
  TaskTag: 'objectUUID'
}

/** The uuid of the VM that a record is a part of, such as a disk; undefined where it is of none. */
export function ownerIn(entity: string, record: Record<string, unknown>): string | undefined {
  const field = ownValue(vmField, entity)
  const owner = field === undefined || field === 'uuid' ? undefined : record[field]
  return typeof owner === 'string' && owner !== '' ? owner.toLowerCase() : undefined
}

/** Every uuid that the path or the body of a request names, in lower case, each once. */
export function uuidsOf({ path, body }: ClusterRequest): string[] {
  const text = `${path} ${body === undefined ? '' : JSON.stringify(body)}`
  return [...new Set([...text.matchAll(uuidsInText)].map(([found]) => found.toLowerCase()))]
}

/** Of more targets of one kind all are read at once. */
const maxSingle = 3

/** The VMs that own what is acted on, by the records that name them. */
async function ownersOf(
  cluster: ClusterApi,
  targets: readonly JudgedTarget[],
  options: { signal?: AbortSignal }
): Promise<string[]> {
  const byEntity = new Map<string, string[]>()
  for (const { entity, uuid } of targets)
    if (ownValue(vmField, entity) !== undefined && vmField[entity] !== 'uuid' && uuid !== '')
      byEntity.set(entity, [...(byEntity.get(entity) ?? []), uuid.toLowerCase()])
  const records = await Promise.all(
    [...byEntity].flatMap(([entity, uuids]) => {
      const paths =
        uuids.length > maxSingle ? [`/${entity}`] : uuids.map((uuid) => `/${entity}/${uuid}`)
      return paths.map(async (path) =>
        (await cluster.recordsAt(path, options))
          .filter(({ uuid }) => uuids.includes(String(uuid).toLowerCase()))
          .map((record) => record[vmField[entity] ?? ''])
      )
    })
  )
  return records.flat().flatMap((owner) => (typeof owner === 'string' ? [owner.toLowerCase()] : []))
}

/** What several VMs may point to, so that who points to it as well touches none of them. */
const shared = new Set(['Node', 'VirDomainSnapshotSchedule', 'RemoteClusterConnection'])

/** A VM without the ISOs in its drives, which others may have in theirs. */
const withoutIsos = ({ blockDevs, ...vm }: VirDomain): object => ({
  ...vm,
  blockDevs: blockDevs.map((disk) => (disk.type === 'IDE_CDROM' ? { ...disk, path: '' } : disk))
})

const uuidsWithin = (value: object): string[] =>
  [...JSON.stringify(value).matchAll(uuidsInText)].map(([uuid]) => uuid.toLowerCase())

/**
 * The VMs that requests touch: those they name, those whose disks, NICs, snapshots or replication they
 * name, and those that refer to what they act on, such as a snapshot schedule. What they only point to,
 * such as a node to start on, may be shared with others. The VMs are read once for all of them.
 */
export async function vmsTouched(
  cluster: ClusterApi,
  requests: readonly ClusterRequest[],
  { targets, references }: Pick<Judgement, 'targets' | 'references'>
): Promise<VirDomain[]> {
  const named = new Set(requests.flatMap(uuidsOf))
  if (named.size === 0) return []
  const signal = requests[0]?.signal
  const options = { ...(signal && { signal }) }
  const [vms, owners] = await Promise.all([
    cluster.list('/VirDomain', options),
    ownersOf(cluster, targets, options)
  ])
  const touched = new Set([...named, ...owners])
  const acted = new Set(targets.map(({ uuid }) => uuid))
  const pointed = references.filter(({ uuid }) => !acted.has(uuid))
  for (const { entity, uuid } of pointed) if (shared.has(entity)) named.delete(uuid)
  const isos = new Set(pointed.filter(({ entity }) => entity === 'ISO').map(({ uuid }) => uuid))
  return vms.filter((vm) => {
    if (touched.has(vm.uuid)) return true
    const met = uuidsWithin(vm).filter((uuid) => named.has(uuid))
    if (met.some((uuid) => !isos.has(uuid))) return true
    return met.length > 0 && uuidsWithin(withoutIsos(vm)).some((uuid) => named.has(uuid))
  })
}
