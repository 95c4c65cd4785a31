import type { Judgement } from '../catalog/effects/judge.ts'
import type { ClusterApi, ClusterRequest, ClusterResponse } from '../hypercore/cluster-api.ts'
import type { VirDomain } from '../hypercore/records.ts'
import { splitTags } from '../hypercore/tags.ts'
import type { Principal } from '../identity/principal.ts'
import { BridgeError } from '../lib/errors.ts'
import { isObject } from '../lib/json.ts'
import { quoteName } from '../lib/quote.ts'
import { vmField, vmsTouched } from './vms-touched.ts'

/** Whether a VM bears one of some tags; in any case, as people write them. */
export const bearsTag = ({ tags }: Pick<VirDomain, 'tags'>, wanted: readonly string[]): boolean => {
  const borne = splitTags(tags).map((tag) => tag.toLowerCase())
  return wanted.some((tag) => borne.includes(tag.toLowerCase()))
}

/** A principal that is limited to the VMs with some tags. */
export type LimitedPrincipal = Principal & { vmTags: readonly string[] }

export const isLimited = (principal: Principal): principal is LimitedPrincipal =>
  principal.vmTags !== undefined

const limitOf = ({ vmTags }: LimitedPrincipal): string =>
  `VMs tagged ${vmTags.map((tag) => quoteName(tag)).join(' or ')}`

/** The tags a body gives to a VM that it creates or changes; undefined where it says nothing of them. */
function tagsIn(body: unknown): string | undefined {
  if (!isObject(body)) return undefined
  for (const part of [body, body['dom'], body['template']])
    if (isObject(part) && 'tags' in part) return String(part['tags'])
  return undefined
}

const creates = /^\/VirDomain\/?$|^\/VirDomain\/import\/?$|^\/VirDomain\/[^/]+\/clone\/?$/i

const refused = (principal: LimitedPrincipal, what: string): BridgeError =>
  new BridgeError(
    'TARGET_REFUSED',
    `Token ${quoteName(principal.name)} may act on ${limitOf(principal)} only, and ${what}. Nothing was sent: ask whoever runs the bridge`,
    { details: { vmTags: [...principal.vmTags] } }
  )

/**
 * Holds a write of a limited token to its VMs, as they are tagged at this moment: every VM, disk, NIC
 * and snapshot that path or body names has to be one of theirs, and what is created has to bear their tag.
 * @returns whether the write changes tags, by which a token could widen its own limit
 * @throws {BridgeError} TARGET_REFUSED
 */
export async function holdToLimit(
  cluster: ClusterApi,
  principal: LimitedPrincipal,
  request: ClusterRequest,
  { targets }: Judgement
): Promise<boolean> {
  const { vmTags } = principal
  const touched = await vmsTouched(cluster, request, targets)
  const stranger = touched.find((vm) => !bearsTag(vm, vmTags))
  if (stranger !== undefined)
    throw refused(principal, `VM ${quoteName(stranger.name)} is none of them`)
  const tags = tagsIn(request.body)
  if (request.method === 'POST' && creates.test(request.path)) {
    if (tags !== undefined && !bearsTag({ tags }, vmTags))
      throw refused(principal, 'the VM it would create is none of them: give it that tag')
    if (tags === undefined && !/clone\/?$/i.test(request.path))
      throw refused(principal, 'the VM it would create is none of them: give it that tag')
    return false
  }
  if (touched.length === 0) throw refused(principal, 'the call is for none of them')
  return tags !== undefined
}

/** The VMs of a principal, read once for each of its calls. */
const known = new WeakMap<object, Promise<{ own: Set<string>; all: Set<string> }>>()

async function readVms(
  cluster: ClusterApi,
  { vmTags }: LimitedPrincipal
): Promise<{ own: Set<string>; all: Set<string> }> {
  const vms = await cluster.list('/VirDomain')
  return {
    own: new Set(vms.filter((vm) => bearsTag(vm, vmTags)).map(({ uuid }) => uuid)),
    all: new Set(vms.map(({ uuid }) => uuid))
  }
}

/**
 * A response to a read without what belongs to other VMs than those of a limited token: records of VMs,
 * their disks, NICs, snapshots, statistics, replication and tasks.
 */
export async function withinLimit(
  cluster: ClusterApi,
  principal: LimitedPrincipal,
  { path, authority }: ClusterRequest,
  response: ClusterResponse
): Promise<ClusterResponse> {
  const [, entity = ''] = path.split('/')
  const field = Object.hasOwn(vmField, entity) ? vmField[entity] : undefined
  if (field === undefined || !Array.isArray(response.body)) return response
  const records = response.body as unknown[]
  const key = authority ?? principal
  const reading = known.get(key) ?? readVms(cluster, principal)
  known.set(key, reading)
  const { own, all } = await reading
  const isShown = (record: unknown): boolean => {
    if (!isObject(record)) return false
    if (entity === 'VirDomain')
      return (
        typeof record['tags'] === 'string' && bearsTag({ tags: record['tags'] }, principal.vmTags)
      )
    const named = record[field]
    const vm = typeof named === 'string' ? named.toLowerCase() : ''
    // A task that is for no VM tells nothing of one.
    return own.has(vm) || (entity === 'TaskTag' && !all.has(vm))
  }
  return { ...response, body: records.filter(isShown) }
}
