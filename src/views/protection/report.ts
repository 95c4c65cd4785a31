import { type Static, Type } from '@sinclair/typebox'
import type {
  VirDomain,
  VirDomainReplication,
  VirDomainSnapshot
} from '../../hypercore/records/records.ts'
import { isRunning } from '../../hypercore/records/vm-state.ts'
import { quoteName, quoteText } from '../../lib/text/quote.ts'
import { formatDuration } from '../../lib/text/units.ts'
import { tableRow } from '../text/text-form.ts'
import { arrivedAt, hidesSnapshots, isReplica, newestSnapshots } from './copies.ts'
import { targetOf } from './target.ts'

/** What copies there are; undefined is what could not be read. */
export interface Copies {
  snapshots: readonly VirDomainSnapshot[] | undefined
  replications: readonly VirDomainReplication[] | undefined
  /** Unix seconds of the newest export that is known of, by the uuid of the VM. */
  exports: ReadonlyMap<string, number>
}

/** A copy of a VM: when it dates from in Unix seconds, 0 for none; undefined where that is not known. */
type CopyTime = number | undefined

interface JudgedVm {
  vm: VirDomain
  target: number
  snapshot: CopyTime
  replica: CopyTime
  exported: number
  /** The newest that is known; 0 for none. */
  newest: number
  verdict: 'covered' | 'hole' | 'unknown' | 'exempt'
}

function judge(vm: VirDomain, target: number, copies: JudgedCopies, now: number): JudgedVm {
  const newestSnapshot = copies.newest?.get(vm.uuid)
  const isHidden = copies.newest === undefined || hidesSnapshots(vm, newestSnapshot)
  const snapshot = isHidden ? undefined : (newestSnapshot?.timestamp ?? 0)
  const replica = copies.replicaOf(vm)
  const exported = copies.exports.get(vm.uuid) ?? 0
  const newest = Math.max(snapshot ?? 0, replica ?? 0, exported)
  const isKnown = snapshot !== undefined && replica !== undefined
  const verdict =
    target === Infinity
      ? 'exempt'
      : now - newest <= target
        ? 'covered'
        : isKnown
          ? 'hole'
          : 'unknown'
  return { vm, target, snapshot, replica, exported, newest, verdict }
}

interface JudgedCopies {
  newest: Map<string, VirDomainSnapshot> | undefined
  exports: ReadonlyMap<string, number>
  replicaOf(vm: VirDomain): CopyTime
}

function indexed({ snapshots, replications, exports }: Copies): JudgedCopies {
  const byVm = new Map<string, CopyTime[]>()
  for (const replication of replications ?? []) {
    const { sourceDomainUUID: uuid } = replication
    byVm.set(uuid, [...(byVm.get(uuid) ?? []), arrivedAt(replication)])
  }
  return {
    newest: snapshots && newestSnapshots(snapshots),
    exports,
    replicaOf({ uuid, replicationUUIDs }) {
      const times = byVm.get(uuid)
      if (times === undefined) return replicationUUIDs.length > 0 ? undefined : 0
      const known = times.filter((time) => time !== undefined)
      return known.length === 0 ? undefined : Math.max(...known)
    }
  }
}

/** A VM of the report. */
const ProtectedVm = Type.Object(
  {
    name: Type.String(),
    state: Type.String({ 'x-unlisted': true }),
    target: Type.String({ 'x-unlisted': true }),
    snapshot: Type.String(),
    replica: Type.String(),
    export: Type.String()
  },
  {
    description: 'a VM; the age of each copy: - for none, ? if not known',
    additionalProperties: true
  }
)

type ProtectedVm = Static<typeof ProtectedVm>

/** The VMs without a copy that is young enough, and how many there are of each kind. */
export const ProtectionReport = Type.Object(
  {
    summary: Type.String(),
    rpo: Type.String({ 'x-unlisted': true }),
    total: Type.Integer(),
    returned: Type.Integer({ 'x-unlisted': true }),
    items: Type.Array(ProtectedVm),
    hint: Type.Optional(Type.String({ 'x-unlisted': true })),
    notes: Type.Optional(Type.Array(Type.String(), { 'x-unlisted': true })),
    notRead: Type.Optional(
      Type.Array(Type.String(), {
        'x-unlisted': true,
        description: 'what may hide more, and why it could not be read'
      })
    )
  },
  { description: 'VMs against their targets', additionalProperties: true }
)

export type ProtectionReport = Static<typeof ProtectionReport>

const order = { hole: 0, unknown: 1, covered: 2, exempt: 3 }

/** Holes first, those of running VMs before others, the oldest copy in terms of the target first. */
const byUrgency =
  (now: number) =>
  (a: JudgedVm, b: JudgedVm): number =>
    order[a.verdict] - order[b.verdict] ||
    Number(isRunning(b.vm.state)) - Number(isRunning(a.vm.state)) ||
    (now - b.newest) / b.target - (now - a.newest) / a.target

const ageOf = (time: CopyTime, now: number): string =>
  time === undefined ? '?' : time === 0 ? '-' : formatDuration(now - time)

const shown = (judged: JudgedVm, now: number): ProtectedVm => ({
  name: judged.vm.name,
  state: judged.vm.state,
  target: formatDuration(judged.target),
  snapshot: ageOf(judged.snapshot, now),
  replica: ageOf(judged.replica, now),
  export: ageOf(judged.exported, now)
})

/** What the report is asked for. */
export interface ReportTerms {
  /** Target in seconds of VMs whose tags name none. */
  usual: number
  limit: number
  /** Unix seconds. */
  now: number
}

/** The VMs against their targets: those without a copy that is young enough, and how many there are of each. */
export function protectionReport(
  all: readonly VirDomain[],
  copies: Copies,
  { usual, limit, now }: ReportTerms
): ProtectionReport {
  const vms = all.filter((vm) => !isReplica(vm))
  const index = indexed(copies)
  const targets = vms.map((vm) => ({ vm, ...targetOf(vm, usual) }))
  const judged = targets.map(({ vm, seconds }) => judge(vm, seconds, index, now))
  const having = (verdict: JudgedVm['verdict']): JudgedVm[] =>
    judged.filter((each) => each.verdict === verdict)
  const [holes, unknown, exempt] = [having('hole'), having('unknown'), having('exempt')]
  const listed = [...holes, ...unknown].toSorted(byUrgency(now))
  const items = listed.slice(0, limit).map((each) => shown(each, now))
  const outside = judged.filter(
    ({ replica, exported, target }) =>
      target !== Infinity && now - Math.max(replica ?? 0, exported) <= target
  ).length
  const misread = targets.filter((target) => target.misread !== undefined)
  const counts = [
    ...(all.length === 0 ? ['No VM to look at'] : []),
    `${holes.length} of ${vms.length - exempt.length} VMs have no copy as young as their target`,
    ...(unknown.length > 0 ? [`of ${unknown.length} more it is not known`] : []),
    `${outside} have one outside this cluster`
  ]
  const notes = [
    ...(all.length > vms.length
      ? [`not counted: ${all.length - vms.length} that are replicas of another cluster`]
      : []),
    ...(exempt.length > 0 ? [`not counted: ${exempt.length} tagged to have no target`] : []),
    ...(misread.length > 0
      ? [
          `${quoteText(misread[0]?.misread ?? '', 40)} of ${quoteName(misread[0]?.vm.name ?? '')} is not a target such as rpo:4h${misread.length > 1 ? `, and ${misread.length - 1} more` : ''}`
        ]
      : [])
  ]
  return {
    summary: counts.join('; '),
    rpo: formatDuration(usual),
    total: listed.length,
    returned: items.length,
    items,
    ...(listed.length > limit && {
      hint: `${listed.length - limit} more: give limit, or narrow with filter`
    }),
    ...(notes.length > 0 && { notes })
  }
}

const columns = ['name', 'state', 'target', 'snapshot', 'replica', 'export']

/** The same as a table, without its notes. */
export const protectionText = ({
  summary,
  rpo,
  items,
  hint,
  notRead = []
}: ProtectionReport): string =>
  [
    `${summary} (${rpo} unless a tag such as rpo:4h says otherwise)`,
    ...(items.length === 0 ? [] : [columns.join('\t')]),
    ...items.map((item) => tableRow(columns, { ...item })),
    ...(items.length === 0
      ? []
      : [
          'ages of the newest copies; - none, ? not known; next: snapshotVM, or updateVM with snapshotScheduleUUID'
        ]),
    ...(hint === undefined ? [] : [hint]),
    ...notRead.map((line) => `NOT READ: ${line}`)
  ].join('\n')
