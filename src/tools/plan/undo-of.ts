import type { UndoStep } from '../../ledger/sequences.ts'
import type { VirDomainActionType } from '../../hypercore/records/records.ts'
import { canonicalJson } from '../../lib/json/canonical-json.ts'
import { isObject } from '../../lib/json/json.ts'
import { ChangeWords } from '../../views/plan/changes.ts'
import type { TriedStep } from './trial.ts'
import type { TriedWrite } from './twin.ts'

/** Fields that can be given back as they were, by the entity of their record. */
const reversible: Readonly<Record<string, readonly string[]>> = {
  VirDomain: [
    'name',
    'description',
    'operatingSystem',
    'mem',
    'numVCPU',
    'tags',
    'bootDevices',
    'affinityStrategy',
    'snapshotScheduleUUID',
    'cpuType',
    'machineType'
  ],
  // A disk never shrinks.
  VirDomainBlockDevice: [
    'cacheMode',
    'disableSnapshotting',
    'tieringPriorityFactor',
    'path',
    'name',
    'slot',
    'type'
  ],
  VirDomainNetDevice: ['vlan', 'connected', 'type', 'macAddress'],
  VirDomainReplication: ['enable', 'label'],
  ISO: ['name']
}

/** The action that leads back, by the states before and after. */
const ways: Readonly<Record<string, VirDomainActionType>> = {
  'SHUTOFF RUNNING': 'SHUTDOWN',
  'CRASHED RUNNING': 'SHUTDOWN',
  'PAUSED RUNNING': 'PAUSE',
  'RUNNING SHUTOFF': 'START',
  'RUNNING PAUSED': 'START',
  'PAUSED SHUTOFF': 'START'
}

const words: Partial<Record<VirDomainActionType, string>> = {
  SHUTDOWN: 'shut down',
  START: 'start',
  PAUSE: 'pause',
  LIVEMIGRATE: 'move back'
}

function undoAction({ request, before, after }: TriedWrite, name: string): UndoStep | undefined {
  const actions = Array.isArray(request.body) ? (request.body as unknown[]) : []
  const [action] = actions
  if (!isObject(action) || actions.length > 1) return undefined
  const uuid = String(action['virDomainUUID'])
  const [was, is] = [before.get(uuid)?.record, after.get(uuid)?.record]
  if (was === undefined || is === undefined) return undefined
  const moved = action['actionType'] === 'LIVEMIGRATE'
  const back = moved ? 'LIVEMIGRATE' : ways[`${String(was['state'])} ${String(is['state'])}`]
  if (back === undefined) return undefined
  return {
    does: `${words[back] ?? back} ${name}`,
    method: 'POST',
    path: request.path,
    body: [
      {
        virDomainUUID: uuid,
        actionType: back,
        cause: 'INTERNAL',
        ...(moved && { nodeUUID: was['nodeUUID'] })
      }
    ]
  }
}

/**
 * What undoes a write: a change of fields by their old values, an action by the one that leads back.
 * Undefined for everything else: what was created is kept, as it may have been worked on since, and
 * what was deleted cannot be restored.
 */
export function undoOf(write: TriedWrite, { after }: TriedStep): UndoStep | undefined {
  const { request, before } = write
  const [subject] = [...before.keys()]
  const name = new ChangeWords(after).nameOf(subject ?? '')
  if (request.path === '/VirDomain/action') return undoAction(write, name)
  const found = [...before.values()].find(({ path }) => path === request.path)
  if (found === undefined || !isObject(request.body)) return undefined
  if (request.method !== 'PATCH' && request.method !== 'POST') return undefined
  const [, entity = ''] = request.path.split('/')
  const fields = Object.entries(request.body)
    .filter(([field, value]) => canonicalJson(value) !== canonicalJson(found.record[field] ?? null))
    .map(([field]) => field)
  const isWhole = fields.every((field) => reversible[entity]?.includes(field) === true)
  if (fields.length === 0 || !isWhole) return undefined
  return {
    does: `restore ${fields.join(', ')} of ${name}`,
    method: 'PATCH',
    path: request.path,
    body: Object.fromEntries(Object.keys(request.body).map((field) => [field, found.record[field]]))
  }
}
