import { type Activity, activitiesIn } from '../audit/activity.ts'
import type { AuditEntry } from '../audit/entry.ts'
import { oneLine } from '../lib/text/one-line.ts'
import { quoteText } from '../lib/text/quote.ts'
import { actorOf, deedOf, resultOf, targetsText } from './activity.ts'

const word = (value: unknown): string => (typeof value === 'string' ? oneLine(value, 200) : '')

/** Where a call came from, as far as it is known. */
function originOf(entry: AuditEntry): string {
  const { surface, address, client } = entry
  return [surface, address, client]
    .map(word)
    .filter((text) => text !== '')
    .join(', ')
}

function deedText(activity: Activity, entry: AuditEntry): string {
  const on = targetsText(activity.targets)
  const effect = word(entry['effect'])
  const origin = originOf(entry)
  return (
    `${actorOf(activity)}: ${deedOf(activity)}` +
    (on === '' ? '' : ` on ${on}`) +
    (effect === '' ? '' : `, ${effect}`) +
    (origin === '' ? '' : ` (${origin})`)
  )
}

function tellOf(entry: AuditEntry): string {
  const [activity] = activitiesIn([entry])
  const id = word(entry['id']).slice(0, 8)
  switch (entry.kind) {
    case 'write':
      return `${id} ${activity === undefined ? '' : deedText(activity, entry)}`
    case 'refused':
      return activity === undefined ? '' : `${deedText(activity, entry)}: ${resultOf(activity)}`
    case 'plan':
      return activity === undefined ? '' : deedText(activity, entry)
    case 'outcome': {
      const { write, state, taskTag, message } = entry
      const why = word(message) === '' ? '' : `: ${quoteText(String(message), 200)}`
      const task = word(taskTag) === '' ? '' : ` (task ${word(taskTag)})`
      return `${word(write).slice(0, 8)} ${word(state)}${task}${why}`
    }
    case 'authentication':
      return `no valid token from ${word(entry['address'])}, ${String(entry['count'])} times`
    case 'start':
    case 'stop':
      return `scale-bridge ${word(entry['version'])}, process ${String(entry['pid'])} on ${word(entry['host'])}`
    case 'begin':
      return `key ${word(entry['key'])}`
    case 'checkpoint':
      return `signed by key ${word(entry['key'])}`
    case 'repaired':
      return `${String(entry['bytes'])} bytes of a broken line are kept in ${word(entry['keptIn'])}`
    case 'expired':
      return `entries through ${word(entry['through']).split(':')[0]} were deleted`
  }
  return ''
}

/** An entry of the record as one readable line: number, time, kind, what happened. */
export const entryLine = (entry: AuditEntry): string =>
  `${entry.seq} ${entry.time.replace(/\.\d+Z$/, 'Z')} ${entry.kind.padEnd(8)} ${tellOf(entry)}`.trimEnd()
