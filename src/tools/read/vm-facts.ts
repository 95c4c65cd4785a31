import type { VirDomainReplication } from '../../hypercore/records/records.ts'
import { lettersAndDigits } from '../../lib/text/normalize.ts'
import {
  type FactField,
  factFields,
  factNames,
  lastExportNote,
  type VmFacts
} from '../../views/vm/facts.ts'
import type { ToolContext } from '../define-tool.ts'
import { lastExports } from '../report/exports.ts'

/** The facts that a filter or a choice of fields names, in whatever case. */
export function factsNamed(filter = '', fields: readonly string[] = []): FactField[] {
  const chosen = new Set(fields.map(lettersAndDigits))
  return factNames.filter((name) => {
    const written = name.replaceAll(/[A-Z]/g, '[_-]?$&')
    // With something behind it that it can be compared by; alone it is a word to search for.
    const asked = new RegExp(String.raw`\b${written}\b(?!\s*(?:$|[,;)]|(?:and|or)\b))`, 'i')
    return chosen.has(name.toLowerCase()) || asked.test(filter)
  })
}

/** The newest of each key. */
function newestOf<T>(records: readonly T[], key: (record: T) => string, at: (record: T) => number) {
  const newest = new Map<string, number>()
  for (const record of records)
    newest.set(key(record), Math.max(at(record), newest.get(key(record)) ?? 0))
  return newest
}

function replicationState({ enable, progress }: VirDomainReplication): string {
  if (!enable) return 'off'
  // The percentage holds only where the progress is marked as valid (FACTS 9.1, O).
  const isSending = progress.valid === 1 && progress.percentComplete < 100
  return isSending ? `on,${progress.percentComplete} % sent` : 'on'
}

const readTasks = async ({ hypercore, signal, audit }: ToolContext) =>
  lastExports(audit, await hypercore.list('/TaskTag', { signal }))

/**
 * Reads the facts that are asked for: one list of the cluster for each, however many VMs there are.
 * @returns them, and what is to be said of how far they reach
 */
export async function readVmFacts(
  context: ToolContext,
  wanted: readonly FactField[]
): Promise<{ facts: VmFacts; notes: string[] }> {
  const { hypercore, signal } = context
  const asked = new Set(wanted.map((name) => factFields[name]))
  const [snapshots, schedules, replications, exported] = await Promise.all([
    asked.has('snapshots') ? hypercore.list('/VirDomainSnapshot', { signal }) : undefined,
    asked.has('schedules') ? hypercore.list('/VirDomainSnapshotSchedule', { signal }) : undefined,
    asked.has('replications') ? hypercore.list('/VirDomainReplication', { signal }) : undefined,
    asked.has('exports') ? readTasks(context) : undefined
  ])
  const facts: VmFacts = {
    ...(snapshots && {
      snapshots: newestOf(
        snapshots.filter(({ state }) => state !== 'DELETING'),
        ({ domainUUID }) => domainUUID,
        ({ timestamp }) => timestamp
      )
    }),
    ...(schedules && { schedules: new Map(schedules.map(({ uuid, name }) => [uuid, name])) }),
    ...(replications && {
      replications: new Map(
        replications.map((each) => [each.sourceDomainUUID, replicationState(each)])
      )
    }),
    ...(exported && { exports: exported.found })
  }
  return { facts, notes: exported === undefined ? [] : [lastExportNote(exported.since)] }
}
