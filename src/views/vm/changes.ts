import type { VirDomain, VirDomainSnapshotSchedule } from '../../hypercore/records/records.ts'
import { splitTags } from '../../hypercore/records/tags.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { exactBytes } from '../../lib/text/units.ts'
import type { NodeNames } from '../node.ts'

/** Longest description that a sentence repeats. */
const maxDescription = 100

/** What uuids in a change stand for, as far as it could be read. */
export interface ChangeNames {
  nodes: NodeNames
  schedules: readonly VirDomainSnapshotSchedule[]
}

/** A snapshot schedule as a sentence names it. */
export function scheduleName(uuid: string, { schedules }: Pick<ChangeNames, 'schedules'>): string {
  if (uuid === '') return 'none'
  const name = schedules.find((schedule) => schedule.uuid === uuid)?.name
  return name === undefined ? uuid : `${quoteName(name)} (${uuid})`
}

function valueText(field: string, value: unknown, names: ChangeNames): string {
  switch (field) {
    case 'mem':
      return exactBytes(Number(value))
    case 'name':
      return quoteName(String(value))
    case 'description':
      return quoteText(String(value), maxDescription)
    case 'snapshotScheduleUUID':
      return scheduleName(String(value), names)
    case 'preferredNodeUUID':
    case 'backupNodeUUID':
      return value === '' ? 'none' : (names.nodes.get(String(value)) ?? String(value))
    default:
      if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
      return typeof value === 'string' ? quoteText(value) : String(value)
  }
}

/** The fields of a VM by the names that updateVM has for them. */
const flat = (fields: Partial<VirDomain>): Record<string, unknown> => {
  const { affinityStrategy, ...others } = fields
  return { ...others, ...affinityStrategy }
}

/** What goes with the new tags, where some go. */
function lostTags(before: unknown, after: unknown): string {
  const kept = splitTags(String(after))
  const lost = splitTags(String(before)).filter((tag) => !kept.includes(tag))
  return lost.length === 0 ? '' : ` (removed ${lost.map((tag) => quoteText(tag)).join(', ')})`
}

/**
 * What a change makes of a VM, a few words for each field: `mem 4 GiB → 8 GiB`.
 * @param vm as it was before
 * @param patch as it is sent
 */
export function vmChanges(vm: VirDomain, patch: Partial<VirDomain>, names: ChangeNames): string[] {
  const before = flat(vm)
  return Object.entries(flat(patch))
    .filter(
      ([field, value]) =>
        !(patch.affinityStrategy && field in patch.affinityStrategy && before[field] === value)
    )
    .map(([field, value]) => {
      const [was, is] = [before[field], value].map((each) => valueText(field, each, names))
      if (was === is) return `${field} is ${is} already`
      const lost = field === 'tags' ? lostTags(before[field], value) : ''
      return `${field} ${was} → ${is}${lost}`
    })
}

const replicates = (schedule: VirDomainSnapshotSchedule | undefined): boolean =>
  schedule?.rrules.some(({ replication }) => replication) === true

/** What a VM loses with its snapshot schedule; undefined for nothing. */
export function lostProtection(
  before: string,
  after: string,
  { schedules }: Pick<ChangeNames, 'schedules'>
): string | undefined {
  if (before === '' || before === after) return undefined
  const [old, next] = [before, after].map((uuid) => schedules.find((each) => each.uuid === uuid))
  const replication = replicates(old) && !replicates(next)
  if (after === '')
    return `No schedule takes snapshots of it any more${replication ? ', nor are they replicated as those of the old one were' : ''}`
  return replication
    ? 'Snapshots of the old schedule were replicated, those of the new one are not'
    : undefined
}
