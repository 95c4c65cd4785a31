import { createHash } from 'node:crypto'
import { isObject } from '../../lib/json/json.ts'
import type { AuditEntry, Draft, Head } from '../entry.ts'

/** SHA-256 of a line without its line end, hex. */
export const hashLine = (line: string | Buffer): string =>
  createHash('sha256').update(line).digest('hex')

/** The line that follows a head, and the head it makes. */
export function nextLine(
  head: Head,
  { kind, fields }: Draft,
  time: string
): { entry: AuditEntry; line: string; head: Head } {
  const seq = head.seq + 1
  // What makes a line cannot be overwritten by what it tells.
  const place = { seq, time, kind, prev: head.hash }
  const entry: AuditEntry = { ...place, ...fields, ...place }
  const line = JSON.stringify(entry)
  return { entry, line, head: { seq, hash: hashLine(line) } }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The entry of a line; undefined where the bytes are not a line as the bridge writes it. Another form of
 * the same JSON is not accepted either: one entry has one line.
 */
export function parseLine(bytes: Buffer): AuditEntry | undefined {
  try {
    const text = utf8.decode(bytes)
    const entry: unknown = JSON.parse(text)
    if (!isObject(entry) || JSON.stringify(entry) !== text) return undefined
    const { seq, time, kind, prev } = entry
    return Number.isSafeInteger(seq) &&
      typeof time === 'string' &&
      typeof kind === 'string' &&
      typeof prev === 'string'
      ? (entry as AuditEntry)
      : undefined
  } catch {
    return undefined
  }
}
