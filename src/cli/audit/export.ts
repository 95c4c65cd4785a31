import { parseLine } from '../../audit/chain/line.ts'
import type { AuditEntry } from '../../audit/entry.ts'
import type { Io } from '../io/io.ts'
import type { SettingsOptions } from '../settings.ts'
import { withRecord } from './location.ts'

export const exportFormats = ['jsonl', 'csv'] as const

export interface AuditExportOptions extends SettingsOptions {
  /** Unix milliseconds. */
  since?: number
  format?: (typeof exportFormats)[number]
}

/** What a spreadsheet gets; the rest of an entry is in its last column. */
const columns = [
  'seq',
  'time',
  'kind',
  'id',
  'write',
  'token',
  'person',
  'address',
  'surface',
  'tool',
  'method',
  'path',
  'effect',
  'targets',
  'state',
  'taskTag',
  'code',
  'message',
  'plan',
  'approver'
] as const

/** A field of RFC 4180. What a spreadsheet would take for a formula is kept from being one. */
function csvField(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function csvLine(entry: AuditEntry): string {
  const rest = Object.fromEntries(
    Object.entries(entry).filter(([name]) => !(columns as readonly string[]).includes(name))
  )
  return [...columns.map((name) => csvField(entry[name])), csvField(rest)].join(',')
}

/** Writes the entries since a time, the oldest first; lines of the record unchanged, or a table. */
export async function auditExport(io: Io, options: AuditExportOptions): Promise<void> {
  const { since = 0, format = 'jsonl' } = options
  await withRecord(io, options, async (record) => {
    if (format === 'csv') io.stdout.line([...columns, 'rest'].join(','))
    for await (const bytes of record.lines()) {
      const entry = parseLine(bytes)
      if (entry === undefined || Date.parse(entry.time) < since) continue
      io.stdout.line(format === 'csv' ? csvLine(entry) : bytes.toString('utf8'))
    }
  })
}
