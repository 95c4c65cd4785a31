import type { VirDomain } from '../../hypercore/records/records.ts'
import { formatAge, formatTime } from '../../lib/text/units.ts'
import { age, type Measure, time } from '../list-view.ts'

/** What other lists of the cluster say of VMs, each read only for those who ask; undefined where it was not. */
export interface VmFacts {
  /** Unix seconds of the newest snapshot, by uuid of the VM. */
  snapshots?: ReadonlyMap<string, number>
  /** Names of schedules by their uuid. */
  schedules?: ReadonlyMap<string, string>
  /** `on`, `off`, `on,45 % sent`, by uuid of the VM. */
  replications?: ReadonlyMap<string, string>
  /** Unix seconds of the last export that ended well, as far as it is known, by uuid of the VM. */
  exports?: ReadonlyMap<string, number>
}

/** What each fact is called, and is read from. */
export const factFields = {
  snapshotAge: 'snapshots',
  schedule: 'schedules',
  replication: 'replications',
  lastExport: 'exports'
} as const satisfies Record<string, keyof VmFacts>

export type FactField = keyof typeof factFields

export const factNames = Object.keys(factFields) as FactField[]

/** Unix seconds of the newest snapshot; 0 for none, undefined where the list does not show what the VM has. */
function newestSnapshot(vm: VirDomain, { snapshots }: VmFacts): number | undefined {
  const newest = snapshots?.get(vm.uuid)
  return newest ?? (vm.snapUUIDs.length === 0 ? 0 : undefined)
}

function snapshotAge(vm: VirDomain, facts: VmFacts): string {
  const newest = newestSnapshot(vm, facts)
  if (newest === undefined) return 'unknown'
  return newest === 0 ? 'none' : formatAge(newest)
}

const replicationOf = (vm: VirDomain, { replications }: VmFacts): string =>
  vm.sourceVirDomainUUID === '' ? (replications?.get(vm.uuid) ?? '') : 'replica'

/** The facts that were read, as fields of a VM. */
export const vmFactFields = (vm: VirDomain, facts: VmFacts) => ({
  ...(facts.snapshots && { snapshotAge: snapshotAge(vm, facts) }),
  ...(facts.schedules && {
    schedule: facts.schedules.get(vm.snapshotScheduleUUID) ?? vm.snapshotScheduleUUID
  }),
  ...(facts.replications && { replication: replicationOf(vm, facts) }),
  ...(facts.exports && { lastExport: formatTime(facts.exports.get(vm.uuid) ?? 0) })
})

export const vmFactMeasures = (facts: VmFacts): Record<string, Measure<VirDomain>> => ({
  ...(facts.snapshots && { snapshotAge: age((vm) => newestSnapshot(vm, facts), 'no snapshot') }),
  ...(facts.exports && {
    lastExport: time((vm) => facts.exports?.get(vm.uuid) ?? 0, 'no export that is known')
  })
})

/** What the records of replication are called when people ask. */
export const replicationWord = (word: string): string | undefined =>
  ({ enabled: 'on', active: 'on', disabled: 'off', paused: 'off', target: 'replica' })[word]

/** What is to be known of a fact beside it. */
export const lastExportNote = (since: number): string =>
  `lastExport is of this bridge's record and the tasks the cluster still knows${since > 0 ? `, back to ${formatTime(since)}` : ''}: exports before that are not seen`
