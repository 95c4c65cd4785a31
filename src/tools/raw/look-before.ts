import type { ApiCall } from '../../catalog/call/check-call.ts'
import { workaround } from '../../catalog/call/check-path.ts'
import { copiedExample } from '../../catalog/call/example-ids.ts'
import type { Catalog, Operation } from '../../catalog/load.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { isDeviceMac, macForm, normalizeMac } from '../../lib/text/mac-address.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import { isUuid } from '../../lib/text/uuid.ts'
import type { VirDomain } from '../../hypercore/records/records.ts'
import { goesWith } from '../../views/vm/goes-with.ts'
import type { ToolContext } from '../define-tool.ts'
import { rememberDeleted } from '../names/doubt.ts'
import { knownVms } from '../names/known-vms.ts'
import { notesOnMacs } from '../names/mac-owner.ts'
import { notesOnName } from '../names/same-name.ts'
import { recordAt } from './record-at.ts'
import { checkSizes, refuseShrinking } from './sizes.ts'

/**
 * Refuses a call that still holds the uuid of an example.
 * @throws {BridgeError} INVALID_ARGUMENT
 */
export function refuseExamples(catalog: Catalog, { path, body }: ApiCall): void {
  const copied = copiedExample(catalog, path, body)
  if (copied !== undefined)
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${copied} is the uuid of an example, and of nothing in a cluster: put the uuid of what you mean there; vm_read, vmSnapshots_read and node_read show uuids. Nothing was sent`
    )
}

/** Records that are of a VM, and the field that says of which: without it the cluster fails (FACTS 6 to 8). */
const ownerFields: Readonly<Record<string, string>> = {
  '/VirDomainBlockDevice': 'virDomainUUID',
  '/VirDomainNetDevice': 'virDomainUUID',
  '/VirDomainSnapshot': 'domainUUID',
  '/VirDomainReplication': 'sourceDomainUUID'
}

function requireOwner({ method, path, body }: ApiCall): void {
  const field = Object.hasOwn(ownerFields, path) ? ownerFields[path] : undefined
  if (method !== 'POST' || field === undefined) return
  const owner = isObject(body) ? body[field] : undefined
  if (owner === undefined || owner === '')
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `${field} is required: the uuid or name of the VM it is for; vm_read lists them. Nothing was sent`
    )
}

/** The name that a call gives a VM, and the uuid of that VM where it is there already. */
function namedVm({ method, path, body }: ApiCall): { name: string; uuid: string } | undefined {
  const [, entity, id, step] = path.split('/')
  if (entity !== 'VirDomain' || method === 'GET' || !isObject(body)) return undefined
  const isCopy = step === 'clone' || id === 'import'
  const holder = id === undefined ? body['dom'] : isCopy ? body['template'] : body
  const name = isObject(holder) ? holder['name'] : undefined
  return typeof name === 'string' && name !== ''
    ? { name, uuid: isCopy || id === undefined ? '' : id }
    : undefined
}

/** The body with MAC addresses in the cluster's form, and those there are. */
function withMacs(value: unknown, found: string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => withMacs(item, found))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => {
      if (name !== 'macAddress' || typeof entry !== 'string' || entry === '')
        return [name, withMacs(entry, found)]
      const mac = normalizeMac(entry)
      if (mac === undefined || !isDeviceMac(mac))
        throw new BridgeError(
          'INVALID_ARGUMENT',
          `macAddress must be ${macForm}; got ${quote(entry)}. Nothing was sent; ${workaround}`
        )
      found.push(mac)
      return [name, mac]
    })
  )
}

/** A call that was compared with what the cluster has. */
export interface SeenCall {
  call: ApiCall
  /** The record that it changes, as it is before. */
  before: JsonObject | undefined
  notes: string[]
}

const recordTemplate = /^\/[A-Za-z]+\/\{[^/]+\}$/

/**
 * Looks at the cluster before a write leaves: what is there, what would be lost, what is too large.
 * @param validate false: only what cannot be done in any state is refused
 * @throws {BridgeError} INVALID_ARGUMENT: nothing was sent
 */
export async function lookBefore(
  context: ToolContext,
  given: ApiCall,
  operation: Operation | undefined,
  validate: boolean
): Promise<SeenCall> {
  if (given.method === 'GET') return { call: given, before: undefined, notes: [] }
  const changesRecord = recordTemplate.test(operation?.path ?? '')
  const { record: before } =
    changesRecord && given.body !== undefined ? await recordAt(context, given.path) : {}
  refuseShrinking(given, before)
  if (!validate) return { call: given, before, notes: [] }
  requireOwner(given)
  const macs: string[] = []
  const call = { ...given, body: withMacs(given.body, macs) }
  const notes = await checkSizes(context, call, before)
  const named = namedVm(call)
  const isRenamed = named !== undefined && before?.['name'] !== named.name
  if (macs.length > 0 || isRenamed) {
    const vms = await knownVms(context)
    const device = call.path.split('/')[2] ?? ''
    notes.push(...notesOnMacs(macs, vms, device))
    if (isRenamed) notes.push(...notesOnName(named.name, vms, named.uuid))
  }
  return { call, before, notes }
}

/**
 * Before something with a name is deleted: keeps the name from being taken for another's, and says what
 * goes with it.
 */
export async function lookBeforeDeletion(
  context: ToolContext,
  { method, path }: ApiCall
): Promise<string[]> {
  const [, entity, id = ''] = path.split('/')
  if (method !== 'DELETE' || !isUuid(id)) return []
  const { hypercore, signal } = context
  if (entity === 'VirDomain') {
    const vm: VirDomain | undefined = await hypercore.known('/VirDomain', id, { signal })
    if (vm === undefined) return []
    await rememberDeleted(context, { entity: 'vm', text: vm.name }, id)
    return [`${quoteName(vm.name)} goes with ${goesWith(vm)}`]
  }
  if (entity === 'VirDomainSnapshot') {
    const snapshot = await hypercore.known('/VirDomainSnapshot', id, { signal })
    if (snapshot === undefined) return []
    const { label, domainUUID, domain } = snapshot
    await rememberDeleted(context, { entity: 'snapshot', text: label, vm: domainUUID }, id)
    return [`it is the snapshot ${quoteName(label)} of VM ${quoteName(domain.name)}`]
  }
  return []
}
