import type { CatalogDocument, Schema } from '../catalog/load.ts'
import type {
  VirDomain,
  VirDomainBlockDevice,
  VirDomainSnapshot
} from '../hypercore/records/records.ts'
import type { World } from './handler.ts'
import type { Labels } from './state.ts'
import { isAtLeast } from './version-order.ts'

/** What a body may hold beside the fields of 9.4. */
export interface LaterFields {
  labels?: Labels
  runnable?: boolean
}

/** From this version on VMs have labels and `runnable` (FACTS 5 and 19: O; limits 24: high). */
export const hasLabels = (version: string): boolean => isAtLeast(version, '9.7.1')

// The keywords that only these fields need.
const labels = {
  type: 'object',
  maxProperties: 64,
  propertyNames: { pattern: '^[A-Za-z0-9_-]{1,64}$' },
  additionalProperties: {
    type: 'object',
    properties: { value: { type: 'string', maxLength: 256, pattern: '^[A-Za-z0-9+/]*={0,2}$' } },
    required: ['value'],
    additionalProperties: false
  }
} as Schema

const flag: Schema = { type: 'boolean' }

function bodyOf(document: CatalogDocument, path: string, method: string): Schema | undefined {
  const operation = document.paths[path]?.[method] as
    { requestBody?: { content: Record<string, { schema: Schema }> } } | undefined
  return operation?.requestBody?.content['application/json']?.schema
}

function add(schema: Schema | undefined, fields: Record<string, Schema>): void {
  if (schema !== undefined) schema.properties = { ...schema.properties, ...fields }
}

/** Adds to a catalog what the records and bodies of later versions hold. */
export function addLaterFields(document: CatalogDocument, version: string): void {
  if (!hasLabels(version)) return
  const { schemas } = document.components
  add(schemas['VirDomain'], { labels, runnable: flag })
  add(schemas['VirDomainBlockDevice'], { labels })
  add(schemas['VirDomainSnapshot'], { labels: { ...labels, readOnly: true } })
  add(bodyOf(document, '/VirDomainSnapshot', 'post'), { attemptQuiesce: flag })
  for (const method of ['post', 'patch']) {
    add(bodyOf(document, '/VirDomain/{virDomainUUID}', method), { labels, runnable: flag })
    add(bodyOf(document, '/VirDomainBlockDevice/{uuid}', method), { labels })
  }
}

/** Keeps what a body says of a record; labels replace those there were (FACTS 5: O). */
export function keepLaterFields({ state }: World, uuid: string, body: LaterFields): void {
  if (body.labels !== undefined) state.labels.set(uuid, body.labels)
  if (body.runnable === true) state.notRunnable.delete(uuid)
  if (body.runnable === false) state.notRunnable.add(uuid)
}

/** A disk as its version shows it. */
export const shownDevice = (
  { state, options }: World,
  device: VirDomainBlockDevice
): VirDomainBlockDevice =>
  hasLabels(options.version)
    ? Object.assign({ labels: state.labels.get(device.uuid) ?? {} }, device)
    : device

/** A VM as its version shows it. A clone or an import has labels of its own: none (FACTS 5: O). */
export function shownVM(world: World, vm: VirDomain): VirDomain {
  if (!hasLabels(world.options.version)) return vm
  const { labels, notRunnable } = world.state
  return Object.assign(
    { labels: labels.get(vm.uuid) ?? {}, runnable: !notRunnable.has(vm.uuid) },
    vm,
    { blockDevs: vm.blockDevs.map((device) => shownDevice(world, device)) }
  )
}

/** A snapshot as its version shows it; the labels in it stay empty (FACTS 8.1: O). */
export function shownSnapshot({ options }: World, snapshot: VirDomainSnapshot): VirDomainSnapshot {
  if (!hasLabels(options.version)) return snapshot
  const blockDevs = snapshot.domain.blockDevs.map((device) => Object.assign({ labels: {} }, device))
  const domain = Object.assign({ labels: {}, runnable: true }, snapshot.domain, { blockDevs })
  return Object.assign({ labels: {} }, snapshot, { domain })
}
