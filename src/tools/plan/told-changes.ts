import { canonicalJson } from '../../lib/json/canonical-json.ts'
import type { Change, FlatEntity } from '../../hypercore/records/flat-records.ts'
import type { ToldChange } from '../../views/plan/changes.ts'
import { always, isAnnounced } from './announced.ts'

/** Fields that follow from others, or that no person asks for. */
const silent: Partial<Record<FlatEntity, readonly string[]>> = {
  VirDomain: [
    'uiState',
    'desiredDisposition',
    'lastSeenRunningOnNodeUUID',
    'snapUUIDs',
    'snapshotSerialNumber',
    'replicationUUIDs',
    'initialCloneSnapshotUUID',
    'machineTypeKeyword'
  ],
  VirDomainBlockDevice: ['path'],
  VirDomainSnapshot: ['deviceSnapshots', 'domain', 'unavailable', 'state'],
  ISO: ['mounts'],
  // Said as headroom.
  Node: ['totalMemUsageBytes']
}

/** The fields of a record that a plan changes, and that are reported to its reader. */
function toldFields({ before, after }: Change): string[] {
  if (before === undefined || after === undefined) return []
  const { entity } = after
  return Object.keys({ ...before.record, ...after.record }).filter(
    (field) =>
      silent[entity]?.includes(field) !== true &&
      !isAnnounced(entity, field, always) &&
      canonicalJson(before.record[field] ?? null) !== canonicalJson(after.record[field] ?? null)
  )
}

/** Changes with the fields that are reported. */
export const toldChanges = (changes: readonly Change[]): ToldChange[] =>
  changes.map((change) => ({ ...change, fields: toldFields(change) }))
