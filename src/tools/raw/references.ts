import type { ApiCall } from '../../catalog/call/check-call.ts'
import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'
import { quote, quoteName } from '../../lib/text/quote.ts'
import type { Entity } from '../../lib/json/schema-keywords.ts'
import { isUuid, referencePattern } from '../../lib/text/uuid.ts'
import type { Candidate } from '../arguments/match-name.ts'
import { candidateReaders, chooseNamed } from '../arguments/resolve-names.ts'
import { recentVm } from '../names/recent-vm.ts'
import type { ToolContext } from '../define-tool.ts'

/** What the id behind the first step of a path is of. */
const ofPath: Readonly<Record<string, Entity>> = {
  VirDomain: 'vm',
  VirDomainStats: 'vm',
  VirDomainSnapshot: 'snapshot',
  VirDomainSnapshotSchedule: 'schedule',
  Node: 'node'
}

/** What the uuid in a field of a body is of. */
const ofField: Readonly<Record<string, Entity>> = {
  virDomainUUID: 'vm',
  domainUUID: 'vm',
  sourceDomainUUID: 'vm',
  nodeUUID: 'node',
  preferredNodeUUID: 'node',
  backupNodeUUID: 'node',
  snapUUID: 'snapshot'
}

/** A name, and no uuid that lost its end. */
const reference = new RegExp(referencePattern)

/** Names of one call, each list of the cluster read once. */
class Names {
  readonly #context: ToolContext
  readonly #mode: 'exact' | 'caseInsensitive'
  readonly #lists = new Map<Entity, Promise<Candidate[]>>()
  readonly notes: string[] = []

  constructor(context: ToolContext, mode: 'exact' | 'caseInsensitive') {
    this.#context = context
    this.#mode = mode
  }

  async uuidOf(entity: Entity, place: string, text: string): Promise<string> {
    const given = { argument: place, entity, text }
    const found = await chooseNamed(this.#context, given, await this.#all(entity, text), this.#mode)
    this.notes.push(`${place}: ${quote(text)} is ${quoteName(found.names[0])}, ${found.uuid}`)
    return found.uuid
  }

  /** Of a call that reads: the VM alone, where a list of a moment ago says which it is. */
  async #all(entity: Entity, text: string): Promise<Candidate[]> {
    const vm = this.#mode === 'exact' ? undefined : await recentVm(this.#context, entity, text)
    if (vm !== undefined) return [vm]
    const read = this.#lists.get(entity) ?? candidateReaders[entity](this.#context)
    this.#lists.set(entity, read)
    return read
  }
}

/** A call with uuids in the place of names. */
export interface ResolvedCall {
  call: ApiCall
  notes: string[]
}

const modeFor = ({ method }: ApiCall) => (method === 'GET' ? 'caseInsensitive' : 'exact')

/**
 * Puts the uuid in the place of a name in a path: `/VirDomain/web-01`. A word that names nothing is left
 * to the check of the call, which knows what else it may be.
 * @throws {BridgeError} AMBIGUOUS_NAME
 */
export async function resolvePath(context: ToolContext, call: ApiCall): Promise<ResolvedCall> {
  const [first = '', id, ...rest] = call.path.slice(1).split('/')
  const entity = Object.hasOwn(ofPath, first) ? ofPath[first] : undefined
  const isFixed = context.catalog
    .match(`/rest/v1${call.path}`)
    ?.operations.some(({ path }) => path.split('/')[2] === id)
  if (entity === undefined || id === undefined || isFixed === true) return { call, notes: [] }
  const text = decodeURIComponent(id)
  if (isUuid(text) || !reference.test(text)) return { call, notes: [] }
  const names = new Names(context, modeFor(call))
  try {
    const uuid = await names.uuidOf(entity, 'query', text)
    return { call: { ...call, path: `/${[first, uuid, ...rest].join('/')}` }, notes: names.notes }
  } catch (error) {
    const isUnknown = error instanceof BridgeError && error.code === 'NOT_FOUND'
    if (isUnknown || (error instanceof BridgeError && error.code === 'INVALID_ARGUMENT'))
      return { call, notes: [] }
    throw error
  }
}

/**
 * Puts uuids in the place of names in a body, in every field that is known to hold the uuid of a VM, a
 * node or a snapshot.
 * @throws {BridgeError} NOT_FOUND, AMBIGUOUS_NAME: nothing was sent
 */
export async function resolveBody(context: ToolContext, call: ApiCall): Promise<ResolvedCall> {
  const names = new Names(context, modeFor(call))
  const walk = async (value: unknown, place: string): Promise<unknown> => {
    if (Array.isArray(value))
      return Promise.all(value.map((item, i) => walk(item, `${place}[${i}]`)))
    if (!isObject(value)) return value
    const fields: [string, unknown][] = []
    for (const [name, entry] of Object.entries(value)) {
      const entity = Object.hasOwn(ofField, name) ? ofField[name] : undefined
      const inside = place === '' ? name : `${place}.${name}`
      const isName =
        entity !== undefined && typeof entry === 'string' && entry !== '' && !isUuid(entry)
      fields.push([
        name,
        isName ? await names.uuidOf(entity, inside, entry.trim()) : await walk(entry, inside)
      ])
    }
    return Object.fromEntries(fields)
  }
  const body = await walk(call.body, '')
  return { call: { ...call, body }, notes: names.notes }
}

/** The uuids in a body, with what they are of. */
export function referencesIn(body: unknown): { entity: Entity; uuid: string }[] {
  if (Array.isArray(body)) return body.flatMap(referencesIn)
  if (!isObject(body)) return []
  return Object.entries(body).flatMap(([name, entry]) => {
    const entity = Object.hasOwn(ofField, name) ? ofField[name] : undefined
    return entity !== undefined && typeof entry === 'string' && isUuid(entry)
      ? [{ entity, uuid: entry }]
      : referencesIn(entry)
  })
}
