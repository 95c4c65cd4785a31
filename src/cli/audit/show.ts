import type { AuditEntry } from '../../audit/entry.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { oneLine } from '../../lib/text/one-line.ts'
import { quoteText } from '../../lib/text/quote.ts'
import type { Io } from '../io/io.ts'
import { formatJson } from '../io/layout.ts'
import type { SettingsOptions } from '../settings.ts'
import { type LocatedRecord, withRecord } from './location.ts'

export interface AuditShowOptions extends SettingsOptions {
  json?: true
}

/** What belongs to one write, the oldest first. */
interface Story {
  write: AuditEntry
  entries: AuditEntry[]
}

/** Finds a write by its id or the beginning of it, a task tag or the number of an entry. */
async function findStory(record: LocatedRecord, id: string): Promise<Story> {
  const outcomes = new Map<unknown, AuditEntry[]>()
  const plans = new Map<unknown, AuditEntry[]>()
  const found: AuditEntry[] = []
  const meant = id.toLowerCase()
  let plan: unknown
  for await (const entry of record.backwards()) {
    const { kind } = entry
    if (kind === 'outcome')
      outcomes.set(entry['write'], [entry, ...(outcomes.get(entry['write']) ?? [])])
    else if (kind === 'plan') plans.set(entry['plan'], [entry, ...(plans.get(entry['plan']) ?? [])])
    if (found.length === 0 && kind !== 'write') continue
    if (kind === 'write') {
      const own = String(entry['id'])
      const tasks = (outcomes.get(entry['id']) ?? []).map(({ taskTag }) => taskTag)
      const isMeant =
        (meant.length >= 6 && own.startsWith(meant)) ||
        tasks.includes(id) ||
        String(entry.seq) === id ||
        String(entry['request']) === meant
      if (isMeant) {
        found.push(entry)
        plan = entry['plan']
        // A plan stands before the write that it allows.
        if (own === meant && plan === undefined) break
      }
    }
  }
  const [write, other] = found
  if (write === undefined)
    throw new CommandError(
      `The record has no write ${quoteText(id, 60)}: pass its id, a task tag, the id of a request or the number of its entry`
    )
  if (other !== undefined && !found.every((each) => each['id'] === write['id']))
    throw new CommandError(
      `${quoteText(id, 60)} is several writes: ${found
        .slice(0, 5)
        .map((each) => String(each['id']))
        .join(', ')}`
    )
  const before = plan === undefined ? [] : (plans.get(plan) ?? [])
  return { write, entries: [...before, write, ...(outcomes.get(write['id']) ?? [])] }
}

/** Prints a write with its plan, its approver and its outcome. */
export async function auditShow(io: Io, id: string, options: AuditShowOptions): Promise<void> {
  const { entries } = await withRecord(io, options, (record) => findStory(record, id))
  if (options.json === true) {
    io.stdout.line(JSON.stringify(entries, null, 2))
    return
  }
  for (const { kind, seq, time, prev: _, ...fields } of entries) {
    io.stdout.line(`${io.stdout.style('bold', kind)} ${seq} at ${time}`)
    for (const [name, value] of Object.entries(fields))
      io.stdout.line(
        `  ${typeof value === 'string' ? `${name}: ${oneLine(value, 4000)}` : formatJson(value, io.stdout.width, '  ', `${name}: `)}`
      )
  }
}
