import type { JsonObject } from '../lib/json/json.ts'

/** What an entry of the record is about. */
export const entryKinds = [
  /** First line of a file of the record: its format and the public key. */
  'begin',
  /** The bridge began, with the settings that matter to safety. */
  'start',
  'stop',
  /** A write is about to leave. */
  'write',
  /** The outcome of a write. */
  'outcome',
  /** A call was refused by permission or policy; nothing was sent. */
  'refused',
  /** Requests without a valid token. */
  'authentication',
  /** A plan was created, approved, denied, … */
  'plan',
  /** A signature under everything before it. */
  'checkpoint',
  /** Part of a line that a crash had left was set aside. */
  'repaired',
  /** A file whose entries were older than AUDIT_KEEP was deleted. */
  'expired'
] as const

export type EntryKind = (typeof entryKinds)[number]

/** An entry of the record, which is one line of it. */
export interface AuditEntry extends JsonObject {
  /** Grows by one from line to line, across files. */
  seq: number
  /** ISO 8601, UTC. */
  time: string
  kind: EntryKind
  /** SHA-256 of the line before, hex; 64 zeros for the first of all. */
  prev: string
}

/** An entry that has no place in the record yet. */
export interface Draft {
  kind: EntryKind
  fields: JsonObject
}

/** How far the record is: its last line. */
export interface Head {
  seq: number
  /** SHA-256 of the line, hex. */
  hash: string
}

/** Before the first line of all. */
export const noHead: Head = { seq: 0, hash: '0'.repeat(64) }

/** `1207:9f2c…`, as the log has it and `audit verify --head` takes it. */
export const formatHead = ({ seq, hash }: Head): string => `${seq}:${hash}`

/** Reads `SEQ:HASH`; undefined where it is none. */
export function parseHead(text: string): Head | undefined {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}
