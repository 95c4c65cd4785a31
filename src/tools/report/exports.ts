import { activitiesIn } from '../../audit/activity.ts'
import type { Audit } from '../../audit/audit.ts'
import type { TaskTagStatus } from '../../hypercore/records/records.ts'

/** Entries of the record that are looked at. */
const maxEntries = 20_000

const exportPath = /^\/VirDomain\/([^/]+)\/export\/?$/i

/** By its description, the only thing that tells a task's kind (FACTS 4, S; the words are not certain). */
const isExport = ({ state, formattedDescription }: TaskTagStatus): boolean =>
  state === 'COMPLETE' && /^export\b/i.test(formattedDescription)

/**
 * When each VM was last exported, in Unix seconds by its uuid: as far as the record of the bridge and the
 * tasks that the cluster still knows tell, and how far these go back. It dates from when the export began.
 */
export async function lastExports(
  audit: Audit,
  tasks: readonly TaskTagStatus[]
): Promise<{ found: Map<string, number>; since: number }> {
  const { entries } = await audit.since(0, maxEntries)
  const found = new Map<string, number>()
  const add = (uuid: string, at: number): void => {
    if (at > (found.get(uuid) ?? 0)) found.set(uuid, at)
  }
  for (const { path, state, time } of activitiesIn(entries)) {
    const uuid = exportPath.exec(path.replace(/^\/rest\/v1/, ''))?.[1]
    if (uuid !== undefined && state === 'COMPLETE')
      add(uuid.toLowerCase(), Math.floor(Date.parse(time) / 1000))
  }
  for (const task of tasks) if (isExport(task)) add(task.objectUUID.toLowerCase(), task.created)
  const begins = [
    ...tasks.map(({ created }) => created),
    ...entries.slice(-1).map(({ time }) => Math.floor(Date.parse(time) / 1000))
  ].filter((at) => at > 0)
  return { found, since: begins.length === 0 ? 0 : Math.min(...begins) }
}

/** The same, for those who need not know how far back it goes. */
export const readExports = async (
  audit: Audit,
  tasks: readonly TaskTagStatus[]
): Promise<Map<string, number>> => (await lastExports(audit, tasks)).found
