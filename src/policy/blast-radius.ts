import type { Judgement } from '../catalog/effects/judge.ts'
import type { ClusterRequest } from '../hypercore/cluster-api.ts'

/** Calls that create a VM. */
export const createsVm = ({ method, path }: Pick<ClusterRequest, 'method' | 'path'>): boolean =>
  method === 'POST' &&
  /^\/VirDomain\/?$|^\/VirDomain\/import\/?$|^\/VirDomain\/[^/]+\/clone\/?$/i.test(path)

/**
 * Why a call needs a person by how much it acts on or creates at once; undefined where it does not. A copy
 * and its source count as one.
 */
export function tooMuchAtOnce(
  requests: readonly Pick<ClusterRequest, 'method' | 'path'>[],
  { targets }: Judgement,
  maxTargets: number
): string | undefined {
  const created = requests.filter(createsVm).length
  if (targets.length > maxTargets)
    return `it touches ${targets.length} objects at once, and MAX_TARGETS is ${maxTargets}`
  if (created > maxTargets)
    return `it creates ${created} VMs at once, and MAX_TARGETS is ${maxTargets}`
  return undefined
}
