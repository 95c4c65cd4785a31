import { crc32 } from 'node:zlib'
import { isObject, type JsonObject } from '../lib/json/json.ts'

/** One change, as a line of the journal has it. Keys are short because there are many lines. */
export type JournalRecord =
  /** An entry of a log. */
  | { op: 'append'; name: string; number: number; value: JsonObject }
  /** Entries of a log up to this one are forgotten. */
  | { op: 'trim'; name: string; number: number }
  /** A value of a table, of that version. */
  | { op: 'set'; name: string; key: string; version: number; value: JsonObject }
  /** A value of a table was deleted. */
  | { op: 'remove'; name: string; key: string }

/** Checksum and JSON: a line that was cut short or altered does not read. */
export function formatLine(record: JournalRecord): string {
  const json = JSON.stringify(record)
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`
}

/** The record of a line without its line end; undefined where the line is not whole. */
export function parseLine(line: string): JournalRecord | undefined {
  const json = line.slice(9)
  if (line[8] !== ' ' || crc32(json).toString(16).padStart(8, '0') !== line.slice(0, 8))
    return undefined
  try {
    const record = JSON.parse(json) as unknown
    return isObject(record) ? (record as unknown as JournalRecord) : undefined
  } catch {
    return undefined
  }
}
