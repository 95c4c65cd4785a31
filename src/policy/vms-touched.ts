import type { JudgedTarget } from '../catalog/effects/judge.ts'
import type { ClusterApi, ClusterRequest } from '../hypercore/cluster-api.ts'
import type { VirDomain } from '../hypercore/records.ts'
import { uuidsInText } from '../lib/uuid.ts'
import { ownValue } from '../lib/own-value.ts'

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

/**
 * The VMs that requests touch: those they name, those whose disks, NICs, snapshots or replication they
 * name, and those that refer to what they name, such as a snapshot schedule. The VMs are read once for
 * all of them.
 */
export async function vmsTouched(
  cluster: ClusterApi,
  requests: readonly ClusterRequest[],
  targets: readonly JudgedTarget[]
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
  return vms.filter((vm) => {
    if (touched.has(vm.uuid)) return true
    const within = JSON.stringify(vm).matchAll(uuidsInText)
    return [...within].some(([uuid]) => named.has(uuid.toLowerCase()))
  })
}
