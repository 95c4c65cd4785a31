import { activitiesIn } from '../../audit/activity.ts'
import type { TaskTagStatus } from '../../hypercore/records/records.ts'
import { activityLine, type ActivityLine, taskLine } from '../../views/activity.ts'
import type { ZonedTime } from '../../views/zoned-time.ts'
import type { ToolContext } from '../define-tool.ts'

/** Entries of the record that are looked at. */
const maxEntries = 20_000

/** A task belongs to a write of its tag that is not further away: whether tags come again is unknown (FACTS 22). */
const sameTaskMs = 24 * 60 * 60 * 1000

/** An activity, and when it was, in Unix milliseconds. */
export interface DatedLine {
  at: number
  line: ActivityLine
}

export interface ActivityQuery {
  /** Only what was done to one of these, by their uuids. */
  about?: readonly string[] | undefined
  /** Tasks that count beside those, such as what runs on a node. */
  alsoTask?: (task: TaskTagStatus) => boolean
  /** Unix milliseconds; 0 for all that is known. */
  since: number
}

/** What has happened, the newest first, and what was left out of it. */
export interface FoundActivity {
  found: DatedLine[]
  notes: string[]
}

/**
 * Who did what: the record, joined with the tasks of the cluster. A token that may see some VMs only sees
 * what was done to those.
 */
export async function readActivity(
  context: ToolContext,
  zone: ZonedTime,
  { about, alsoTask, since }: ActivityQuery
): Promise<FoundActivity> {
  const { hypercore, signal, audit, authority } = context
  const [{ entries, isCut }, tasks, vms] = await Promise.all([
    audit.since(since, maxEntries),
    hypercore.list('/TaskTag', { signal }),
    hypercore.knownList('/VirDomain', { signal })
  ])
  const names = new Map(vms.map(({ uuid, name }) => [uuid.toLowerCase(), name]))
  const nameOf = (uuid: string): string | undefined => names.get(uuid.toLowerCase())
  const isLimited = authority.principal.vmTags !== undefined
  const wanted = about && new Set(about.map((uuid) => uuid.toLowerCase()))
  const isMeant = (uuids: readonly string[]): boolean =>
    wanted === undefined || uuids.some((uuid) => wanted.has(uuid.toLowerCase()))
  const isSeen = (uuids: readonly string[]): boolean =>
    !isLimited || (uuids.length > 0 && uuids.every((uuid) => names.has(uuid.toLowerCase())))
  const found: DatedLine[] = []
  const byTask = new Map<string, { at: number; uuids: string[] }>()
  for (const activity of activitiesIn(entries)) {
    const dated: DatedLine = {
      at: Date.parse(activity.time),
      line: activityLine(activity, zone, nameOf)
    }
    const { taskTag, createdUUID } = activity
    const { targets } = dated.line
    const uuids = [...targets, ...(createdUUID === '' ? [] : [createdUUID])]
    if (taskTag !== '' && !byTask.has(taskTag)) byTask.set(taskTag, { at: dated.at, uuids })
    if (isSeen(targets) && isMeant(isLimited ? targets : uuids)) found.push(dated)
  }
  for (const task of tasks) {
    const at = task.created * 1000
    const ours = byTask.get(task.taskTag)
    // The clock of the cluster may be off, and of a write to several VMs a task names one.
    if (ours?.uuids.includes(task.objectUUID) === true) continue
    if (ours !== undefined && Math.abs(ours.at - at) < sameTaskMs) continue
    const isWanted = isMeant([task.objectUUID]) || alsoTask?.(task) === true
    if (at >= since && isWanted && isSeen([task.objectUUID]))
      found.push({ at, line: taskLine(task, zone, nameOf) })
  }
  return {
    found: found.toSorted((a, b) => b.at - a.at),
    notes: isCut ? [`only the last ${maxEntries} entries of the record were looked at`] : []
  }
}
