import type { JudgedTarget } from '../catalog/effects/judge.ts'
import type { ClusterApi, ClusterRequest } from '../hypercore/cluster-api.ts'
import type { VirDomain } from '../hypercore/records.ts'
import { splitTags } from '../hypercore/tags.ts'
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

/**
 * The VMs that a request touches: those it names, those whose disks, NICs, snapshots or replication it
 * names, and those that refer to what it names, such as a snapshot schedule.
 */
export async function vmsTouched(
  cluster: ClusterApi,
  request: ClusterRequest,
  targets: readonly JudgedTarget[]
): Promise<VirDomain[]> {
  const named = uuidsOf(request)
  if (named.length === 0) return []
  const { signal } = request
  const options = { ...(signal && { signal }) }
  const vms = await cluster.list('/VirDomain', options)
  const owners = new Set(named)
  for (const { entity, uuid } of targets) {
    const field = ownValue(vmField, entity)
    if (field === undefined || field === 'uuid' || uuid === '') continue
    const owner = (await cluster.recordsAt(`/${entity}/${uuid}`, options))[0]?.[field]
    if (typeof owner === 'string') owners.add(owner.toLowerCase())
  }
  return vms.filter((vm) => {
    if (owners.has(vm.uuid)) return true
    const text = JSON.stringify(vm).toLowerCase()
    return named.some((uuid) => text.includes(uuid))
  })
}

/** The tags of the VMs that requests touch; of each VM once. */
export async function tagsTouched(
  cluster: ClusterApi,
  requests: readonly ClusterRequest[],
  targets: readonly JudgedTarget[]
): Promise<{ tags: string[] }[]> {
  const found = new Map<string, string[]>()
  for (const request of requests)
    for (const { uuid, tags } of await vmsTouched(cluster, request, targets))
      found.set(uuid, splitTags(tags))
  return [...found.values()].map((tags) => ({ tags }))
}
