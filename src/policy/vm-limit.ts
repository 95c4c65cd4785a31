import type { Judgement } from '../catalog/effects/judge.ts'
import type { ClusterApi, ClusterRequest, ClusterResponse } from '../hypercore/cluster-api.ts'
import type { VirDomain } from '../hypercore/records/records.ts'
import { placeholdersIn } from '../hypercore/writes/sequence.ts'
import { splitTags } from '../hypercore/records/tags.ts'
import type { Principal } from '../identity/principal.ts'
import { BridgeError } from '../lib/errors/errors.ts'
import { isObject } from '../lib/json/json.ts'
import { shareParsed, sourceOf } from '../lib/json/json-source.ts'
import { quoteName } from '../lib/text/quote.ts'
import { RecentMap } from '../lib/flow/recent-map.ts'
import { createsVm } from './blast-radius.ts'
import { OthersVms } from './others-vms.ts'
import { SharedViews } from '../lib/flow/shared-views.ts'
import { uuidsOf, vmField, vmsTouched } from './vms-touched.ts'

/** Whether a VM has one of some tags; in any case, as people write them. */
export const hasTag = (vm: Pick<VirDomain, 'tags'>, wanted: readonly string[]): boolean => {
  const tags = splitTags(vm.tags).map((tag) => tag.toLowerCase())
  return wanted.some((tag) => tags.includes(tag.toLowerCase()))
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

const refused = (principal: LimitedPrincipal, what: string): BridgeError =>
  new BridgeError(
    'TARGET_REFUSED',
    `Token ${quoteName(principal.name)} may act on ${limitOf(principal)} only, and ${what}. Nothing was sent: ask the bridge administrator`,
    { details: { vmTags: [...principal.vmTags] } }
  )

/**
 * Holds a write of a limited token to its VMs, as they are tagged at this moment: every VM, disk, NIC
 * and snapshot that path or body names has to be one of theirs, and what is created has to have their tag.
 * What an earlier step has yet to create is theirs, as that step is held to the limit, too.
 * @returns whether the write changes tags, by which a token could widen its own limit
 * @throws {BridgeError} TARGET_REFUSED
 */
export async function holdToLimit(
  cluster: ClusterApi,
  principal: LimitedPrincipal,
  request: ClusterRequest,
  judgement: Pick<Judgement, 'targets' | 'references'>
): Promise<boolean> {
  const { vmTags } = principal
  const touched = await vmsTouched(cluster, [request], judgement)
  // It has no name for this token, which may have been given its uuid alone.
  if (touched.some((vm) => !hasTag(vm, vmTags)))
    throw refused(principal, 'the call is for a VM that is not one of them')
  const tags = tagsIn(request.body)
  if (createsVm(request)) {
    // Whether a clone keeps the tags of its source differs between versions (FACTS 5.7, X).
    if (tags === undefined || !hasTag({ tags }, vmTags))
      throw refused(principal, 'the VM it would create is not one of them: add that tag')
    return false
  }
  if (touched.length === 0 && placeholdersIn(request).length === 0)
    throw refused(principal, 'the call is for none of them')
  return tags !== undefined
}

/** What is known of the VMs of a principal, read once for each of its calls. */
interface KnownVms {
  /** The list that it was computed from. */
  vms: readonly VirDomain[]
  own: ReadonlySet<string>
  others: OthersVms
}

const known = new WeakMap<object, Promise<KnownVms>>()

/** VMs that are remembered by their tags, so that the tasks of one that is deleted stay whose they were. */
const maxRemembered = 20_000

/** By the uuid of a VM; as it was last tagged. */
const lastTags = new RecentMap<string>(maxRemembered)

/** The list whose tags were remembered last. */
let remembered = new WeakRef<object>({})

function rememberTags(vms: readonly VirDomain[]): void {
  if (remembered.deref() === vms) return
  for (const { uuid, tags } of vms) lastTags.set(uuid, tags)
  remembered = new WeakRef(vms)
}

/** Which VMs are theirs, for immutable lists. */
const parted = new SharedViews<KnownVms>()

const limitKey = ({ vmTags }: LimitedPrincipal): string => JSON.stringify(vmTags)

function partVms(vms: readonly VirDomain[], { vmTags }: LimitedPrincipal): KnownVms {
  const own = new Set(vms.filter((vm) => hasTag(vm, vmTags)))
  const others = vms.filter((vm) => !own.has(vm))
  return {
    vms,
    own: new Set([...own].map(({ uuid }) => uuid)),
    others: new OthersVms([...own], others)
  }
}

async function readVms(cluster: ClusterApi, principal: LimitedPrincipal): Promise<KnownVms> {
  const vms = await cluster.list('/VirDomain')
  rememberTags(vms)
  return parted.of(vms, limitKey(principal), () => partVms(vms, principal))
}

/** Records that tell of VMs in words: a task of another VM goes, a condition stays without its name. */
const inWords = new Set(['TaskTag', 'Condition'])

/** Whether a VM that no longer exists was outside the limit of this token. */
function wasOthers(uuid: string, { vmTags }: LimitedPrincipal): boolean {
  const tags = lastTags.get(uuid)
  return tags !== undefined && !hasTag({ tags }, vmTags)
}

/** What a limited token sees of immutable lists, and by which list of VMs. */
const views = new SharedViews<{ vms: readonly VirDomain[]; list: unknown[] }>()

/** The records of a list that a limited token may see, as it may see them. */
function listWithin(
  list: readonly unknown[],
  entity: string,
  principal: LimitedPrincipal,
  { own, others }: KnownVms
): unknown[] {
  const field = Object.hasOwn(vmField, entity) ? vmField[entity] : undefined
  const isShown = (record: unknown): boolean => {
    if (field === undefined) return true
    if (!isObject(record)) return false
    if (entity === 'VirDomain')
      return (
        typeof record['tags'] === 'string' && hasTag({ tags: record['tags'] }, principal.vmTags)
      )
    const named = record[field]
    const vm = typeof named === 'string' ? named.toLowerCase() : ''
    if (own.has(vm)) return true
    // A task that is for no VM tells nothing of one.
    return entity === 'TaskTag' && !wasOthers(vm, principal) && !others.isToldBy(record)
  }
  const shown = list.filter(isShown)
  return (inWords.has(entity) ? others.withoutAny(shown) : others.withoutIds(shown)) as unknown[]
}

/**
 * A response to a read without what belongs to other VMs than those of a limited token: records of VMs,
 * their disks, NICs, snapshots, statistics, replication and tasks, and wherever another record points to
 * one. Texts that people wrote, such as the description of a VM or the name of an ISO, stay as they are.
 * @throws {BridgeError} TARGET_REFUSED where the response as a whole is about another VM
 */
export async function withinLimit(
  cluster: ClusterApi,
  principal: LimitedPrincipal,
  request: ClusterRequest,
  response: ClusterResponse
): Promise<ClusterResponse> {
  const { path, authority } = request
  const [, entity = ''] = path.split('/')
  const key = authority ?? principal
  const reading = known.get(key) ?? readVms(cluster, principal)
  known.set(key, reading)
  const knownVms = await reading
  const { others } = knownVms
  const { body } = response
  if (!Array.isArray(body)) {
    if (uuidsOf(request).some(others.has))
      throw new BridgeError(
        'TARGET_REFUSED',
        `Token ${quoteName(principal.name)} may look at ${limitOf(principal)} only, and this is about another one: ask the bridge administrator`,
        { details: { vmTags: [...principal.vmTags] } }
      )
    return { ...response, body: others.withoutIds(body) }
  }
  // Whose a task is may be known from earlier lists.
  if (entity === 'TaskTag' || sourceOf(knownVms.vms) === undefined)
    return { ...response, body: listWithin(body, entity, principal, knownVms) }
  const { vms } = knownVms
  const { list } = views.of(
    body,
    `${entity} ${limitKey(principal)}`,
    () => {
      const shown = listWithin(body, entity, principal, knownVms)
      if (sourceOf(body) !== undefined) shareParsed(shown)
      return { vms, list: shown }
    },
    (view) => view.vms === vms
  )
  return { ...response, body: list }
}
