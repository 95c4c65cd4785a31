import { isObject, type JsonObject, textOf } from '../lib/json/json.ts'
import type { AuditEntry } from './entry.ts'

/** Something a call acted on. */
export interface ActivityTarget {
  uuid: string
  name?: string
  entity?: string
}

/** One thing that a caller did, or was refused: a write with its outcome, or a decision. */
export interface Activity {
  kind: 'write' | 'refused' | 'plan'
  /** Id of the write in the record; `""` for what sent none. */
  id: string
  /** ISO 8601, UTC. */
  time: string
  /** Name of the token. */
  token: string
  /** The person behind it; undefined where none is known. */
  person?: { name: string; verified: boolean }
  tool: string
  args: JsonObject
  method: string
  path: string
  effect: string
  targets: ActivityTarget[]
  /** `""` where it is not known yet. */
  state: string
  taskTag: string
  createdUUID: string
  message: string
  plan: string
  approver: string
  /** How often, for what was refused several times. */
  count: number
}

const targetsIn = (value: unknown): ActivityTarget[] =>
  Array.isArray(value)
    ? value.filter(isObject).map((target) => target as unknown as ActivityTarget)
    : []

function personIn(value: unknown): Activity['person'] {
  if (!isObject(value) || typeof value['name'] !== 'string') return undefined
  return { name: value['name'], verified: value['verified'] === true }
}

function activityOf(entry: AuditEntry, outcome: JsonObject): Activity {
  const { kind, code, message, event } = entry
  const person = personIn(entry['person'])
  const state =
    { refused: textOf(code), plan: textOf(event) }[kind as string] ?? textOf(outcome['state'])
  return {
    kind: kind as Activity['kind'],
    id: kind === 'write' ? textOf(entry['id']) : '',
    time: entry.time,
    token: textOf(entry['token']) || textOf(entry['by']),
    ...(person && { person }),
    tool: textOf(entry['tool']),
    args: isObject(entry['args']) ? entry['args'] : {},
    method: textOf(entry['method']),
    path: textOf(entry['path']),
    effect: textOf(entry['effect']),
    targets: targetsIn(entry['targets']),
    state,
    taskTag: textOf(outcome['taskTag']),
    createdUUID: textOf(outcome['createdUUID']),
    message: textOf(outcome['message']) || textOf(message),
    plan: textOf(entry['plan']),
    approver: textOf(entry['approver']),
    count: typeof entry['count'] === 'number' ? entry['count'] : 1
  }
}

/** What was done, and refused, by entries of the record, the newest first in both. */
export function activitiesIn(entries: Iterable<AuditEntry>): Activity[] {
  /** By the id of the write: its last outcome, with fields that only earlier ones have. */
  const outcomes = new Map<unknown, JsonObject>()
  const activities: Activity[] = []
  for (const entry of entries) {
    const { kind } = entry
    if (kind === 'outcome') {
      const later = outcomes.get(entry['write']) ?? {}
      outcomes.set(entry['write'], { ...entry, ...later })
    } else if (kind === 'write' || kind === 'refused' || kind === 'plan')
      activities.push(activityOf(entry, kind === 'write' ? (outcomes.get(entry['id']) ?? {}) : {}))
  }
  return activities
}
