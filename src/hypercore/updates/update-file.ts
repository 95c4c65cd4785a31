import { isObject, parseJson } from '../../lib/json/json.ts'

/**
 * How far an update is. NONE: there never was one. PREPARING: it is downloaded and distributed, the
 * cluster works as usual. APPLYING: it is installed, and the nodes restart one after the other.
 * FAILED: it ended without completing. UNKNOWN: no state is reported.
 */
export const updatePhases = [
  'NONE',
  'PREPARING',
  'APPLYING',
  'COMPLETE',
  'FAILED',
  'UNKNOWN'
] as const

export type UpdatePhase = (typeof updatePhases)[number]

/** What `update_status.json` of a node says. */
export interface UpdateFile {
  phase: UpdatePhase
  /** The cluster's word for what it is at: `DOWNLOAD RPMS`, `IN PROGRESS`. */
  step?: string
  /** Of the whole cluster, 0 to 100; does not grow evenly (FACTS 17, O). */
  percent?: number
  fromBuild?: string
  toBuild?: string
  /** Known once it is applied (FACTS 17, O). */
  toVersion?: string
  /** The backplane address of the node it is at. */
  backplaneIP?: string
  /** What the cluster tells its operator of it. */
  detail?: string
}

const maxWords = 300

/** A text of the file; undefined where it is empty, or none. */
function text(record: Record<string, unknown>, name: string): string | undefined {
  const value = record[name]
  const words = typeof value === 'number' ? String(value) : value
  if (typeof words !== 'string' || words.trim() === '') return undefined
  return words.trim().slice(0, maxWords)
}

/** A group of the file; troubles leave `""` in the place of one (FACTS 17, O). */
function group(record: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = record[name]
  return isObject(value) ? value : {}
}

/** `TERMINATING` ends an update as `COMPLETE` does, and the version is still the old one (S). */
const endedBadly = /TERMINAT|FAIL|ERROR|ABORT/

function phaseOf(prepare: string | undefined, master: string | undefined): UpdatePhase {
  if (endedBadly.test(prepare ?? '')) return 'FAILED'
  const ended = master === undefined || master === 'COMPLETE' || endedBadly.test(master)
  if (!ended) return 'APPLYING'
  // What stands there of an earlier update stays until the next one is applied.
  if (prepare !== undefined && prepare !== 'COMPLETE') return 'PREPARING'
  if (master === undefined) return prepare === undefined ? 'UNKNOWN' : 'PREPARING'
  return master === 'COMPLETE' ? 'COMPLETE' : 'FAILED'
}

/** "41" or 41: the file has its numbers as text (FACTS 17, O). */
function percentOf(words: string | undefined): number | undefined {
  const percent = Number(words ?? Number.NaN)
  return Number.isFinite(percent) ? Math.min(100, Math.max(0, Math.round(percent))) : undefined
}

/**
 * Reads `update_status.json` (FACTS 17: O, S; 24: high). An update is over only when both of its parts
 * are COMPLETE; an unknown word counts as running. Undefined for a text that is not such a file.
 */
export function readUpdateFile(json: string): UpdateFile | undefined {
  const file = parseJson(json)
  if (!isObject(file)) return undefined
  const update = group(file, 'updateStatus')
  const status = group(update, 'status')
  const prepare = text(group(file, 'prepareStatus'), 'state')?.toUpperCase()
  const master = text(update, 'masterState')?.toUpperCase()
  const phase = phaseOf(prepare, master)
  const preparing = phase === 'PREPARING'
  const words = [text(status, 'statusdetails'), text(status, 'usernotes')]
  const found: Record<keyof UpdateFile, unknown> = {
    phase,
    step: preparing ? prepare : (master ?? prepare),
    // What stands there while the next one is prepared is about the last one.
    percent: preparing ? undefined : percentOf(text(update, 'percent')),
    fromBuild: preparing ? undefined : text(update, 'fromBuild'),
    toBuild: preparing ? undefined : text(update, 'toBuild'),
    toVersion: preparing ? undefined : text(update, 'toVersion'),
    backplaneIP: preparing ? undefined : text(status, 'node'),
    detail: words.filter((word) => word !== undefined).join('; ') || undefined
  }
  const known = Object.entries(found).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as unknown as UpdateFile
}
